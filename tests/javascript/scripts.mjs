// The pages' scripts share one scope and export nothing: here they stand one after another as there.
import { readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

/** What `names` are after the scripts, of which `given` are the globals: of the page's other parts. */
export function loaded(paths, names, given = {}) {
  const text = paths.map((path) => readFileSync(new URL(path, root), "utf8")).join("\n");
  const made = new Function(...Object.keys(given), `${text}\nreturn { ${names.join(", ")} };`);
  return made(...Object.values(given));
}
