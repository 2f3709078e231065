// Numbers and formulas as text.
function exact(x) {
  return x === null ? "" : Object.is(x, -0) ? "-0" : Number.isFinite(x) ? String(x) : shown(x);
}

const bracketed = (text) => (text.startsWith("-") ? `(${text})` : text);
const inBrackets = (x) => bracketed(shown(x));
const inWords = (template) =>
  template.map((part) => (typeof part === "number" ? nodes[part].short : part)).join("");
const inNumbers = (template, data) =>
  template.map((part) => (typeof part === "number" ? inBrackets(data[part]) : part)).join("");

// The total derivative of the root by a node, and the local one of an operation by its input.
const total = (i) => `∂${nodes[root].short}/∂${nodes[i].short}`;
const local = (child, parent) => `∂${nodes[child].short}/∂${nodes[parent].short}`;

const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

// A number as Python's float() and `autograd.check` read it: also 1/3, a comma for the point, and
// the minus sign that books print. Undefined where it is none.
const SPECIAL = { inf: Infinity, infinity: Infinity, nan: NaN };
function parsed(text) {
  const word = plain(text);
  const bare = word.replace(/^[-+]/, "");
  if (Object.hasOwn(SPECIAL, bare)) return word.startsWith("-") ? -SPECIAL[bare] : SPECIAL[bare];
  const [above, below, ...more] = word.split("/").map(decimal);
  if (more.length || above === undefined) return undefined;
  if (!word.includes("/")) return above;
  return below ? above / below : undefined;
}

function plain(text) {
  const word = text.trim().toLowerCase().replaceAll("−", "-");
  return word.includes(".") ? word : word.replaceAll(",", ".");
}

function decimal(word) {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(word.trim()) ? Number(word) : undefined;
}

function complaint(text) {
  if (!text.trim()) return "Type a number.";
  if (/\/\s*[-+]?0*\.?0*\s*$/.test(text)) return "Nothing can be divided by 0.";
  return `“${text}” is no number. Write -3, 0.25, 1/3 or 2e-3.`;
}
