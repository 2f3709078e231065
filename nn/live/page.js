// The page: what it is called, what can be chosen, keys, and the state that is copied out and in.

const given = JSON.parse(the("data").textContent);
const trainer = new Trainer(given);
/** @type {any} */
let chosen = null; // a neuron, or a parameter

const refresh = () => loop.refresh();
const surface = new Surface(trainer);
const points = new Points(surface, refresh);
const network = new Network(trainer, choose);
const curves = new Curves(trainer);
const details = new Details(trainer, network, surface);
const controls = new Controls(trainer, curves, refresh);
const loop = new Loop(trainer, surface, show);

/** Look at a neuron, or at a parameter by its number; `passing` does not displace what was clicked. */
function choose(/** @type {any} */ what) {
  if (what.passing && chosen && !chosen.passing) return;
  chosen = what;
  the("parameter").value = String(chosen.p ?? "");
  refresh();
}

function show() {
  surface.draw();
  network.fresh = false;
  network.draw(surface, chosen);
  curves.draw();
  details.draw(chosen);
  const measured = trainer.measured;
  setText(the("epochs"), `epoch ${trainer.epochs}`);
  for (const name of ["training", "test"])
    setText(the(`${name}-loss`), measured ? lossText(measured[name], trainer[name].rows) : "");
  setText(the("problem"), problem(measured));
}

function lossText(/** @type {any} */ { loss, accuracy }, /** @type {Float64Array[]} */ rows) {
  if (!rows.length) return "no data";
  const graded = given.task.kind === "numbers" ? "" : `, accuracy ${(100 * accuracy).toFixed(1)} %`;
  return `loss ${shown(loss)}${graded}`;
}

/** What is wrong, in words. */
function problem(/** @type {any} */ measured) {
  const { rows } = trainer.training;
  if (!rows.length) return "There is no example to train on: add some.";
  if (measured?.training.strange)
    return "An example takes a branch of the model that none of the given ones took: it does not count.";
  const lost = measured && !Number.isFinite(measured.training.loss) ? "The loss" : "A weight";
  if (lost === "The loss" || !trainer.P.every(Number.isFinite))
    return `${lost} is no longer a number: the learning rate is too high, or a number of an example too large. Reset.`;
  return surface.strange
    ? "The model takes a branch here that it took for none of the given examples: these places are empty."
    : "";
}

function play(/** @type {boolean} */ on) {
  loop.play(on);
  the("play").textContent = on ? "Pause" : "Play";
  the("play").setAttribute("aria-pressed", String(on));
  // What changes many times a second is not read out.
  for (const id of ["losses", "panel", "example"])
    the(id).setAttribute("aria-live", on ? "off" : "polite");
}

const actions = {
  play: () => play(!loop.playing),
  step: () => loop.until("step"),
  epoch: () => loop.until("epoch"),
  reset: () => {
    play(false);
    curves.clear();
    trainer.reset(Math.max(0, Math.floor(Number(the("seed").value) || 0)));
    controls.read();
    surface.changed();
  },
  copy: copyState,
  load: loadState,
};

for (const [id, act] of Object.entries(actions))
  the(id).addEventListener("click", () => {
    act();
    refresh();
  });

addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.matches?.("input, select, textarea")) return;
  if (event.key === " " && target.matches?.("button, summary")) return;
  const key = /** @type {any} */ ({ " ": "play", s: "step", e: "epoch", r: "reset" })[event.key];
  if (!key) return;
  event.preventDefault();
  the(key).click();
});

function copyState() {
  const text = JSON.stringify(savedState(trainer));
  the("state").value = text;
  the("state").select();
  navigator.clipboard?.writeText(text).catch(() => undefined); // it stands in the field as well
  the("said").textContent = "The state stands in the field: nn.load_playground reads it.";
}

function loadState() {
  try {
    trainer.load(JSON.parse(the("state").value));
    controls.read();
    curves.clear();
    the("said").textContent = "Loaded.";
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    the("said").textContent = `Nothing was loaded: ${message.slice(0, 200)}`;
  }
}

/** The text that Python has packed: deflated, in base64. */
async function unpacked(/** @type {string} */ text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

/** Show the stepper of the example that is followed: its page, with the present numbers of leaves. */
async function showSteps() {
  const example = surface.example();
  if (!the("steps").open || !example) return;
  const numbers = { A: example.slice(), P: trainer.P.slice() };
  const page = await unpacked(given.steps.page);
  the("stepper").srcdoc = page.replace(/(id="graph">)([^<]*)/, (_, open, text) => {
    const graph = JSON.parse(text);
    for (const [kind, node, i] of given.steps.leaves)
      graph.nodes[node].data = encoded(numbers[kind][i]);
    const escaped = (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`;
    return open + JSON.stringify(graph).replace(/[<>&]/g, escaped);
  });
}

/** Fill the choices of axes, of classes, of parameters, and of the example that is followed. */
function fillChoices() {
  the("title").textContent = document.title = given.title;
  const choices = (id, names) =>
    the(id).append(...names.map((text, value) => element("option", { text, value })));
  choices("across", given.inputs);
  choices("up", given.inputs);
  the("axes").hidden = given.inputs.length < 3;
  ["across", "up"].forEach((id, i) => {
    the(id).value = surface.axes[i];
    the(id).addEventListener("change", () => {
      surface.axes[i] = Number(the(id).value);
      surface.measure();
      refresh();
    });
  });
  if (given.task.targets) {
    choices("class", given.task.classes);
  } else {
    the("class").replaceWith(
      element("input", { id: "class", value: "0", size: 6, inputMode: "decimal" }),
    );
    the("class-word").textContent = "target";
  }
  given.task.classes.forEach((name, i) => the("legend").append(legendOf(name, i)));
  the("followed").max = String(Math.max(0, trainer.training.rows.length - 1));
  the("followed").addEventListener("input", () => {
    const i = Math.floor(Number(the("followed").value));
    if (the("followed").value !== "" && i >= 0) points.follow(i);
  });
  choices(
    "parameter",
    given.parameters.map((p) => p.name),
  );
  the("parameter").addEventListener("change", () => {
    const { value } = the("parameter");
    if (value === "") chosen = null;
    else choose({ p: Number(value) });
    refresh();
  });
}

/** What a class is called, and its mark. */
function legendOf(/** @type {string} */ name, /** @type {number} */ i) {
  const swatch = element("canvas", { width: 16, height: 16 });
  const pen = swatch.getContext("2d");
  mark(pen, i, 8, 8, 5);
  pen.fillStyle = css(colourOf(i));
  pen.fill();
  return element("li", {}, swatch, name);
}

function resize() {
  styles.clear();
  network.build();
  surface.resize();
  curves.resize();
  refresh();
}

fillChoices();
the("seed").value = given.seed;
the("all").addEventListener("toggle", refresh);
the("steps").hidden = !given.steps;
the("steps").addEventListener("toggle", showSteps);
the("steps-now").addEventListener("click", showSteps);
addEventListener("resize", resize);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", resize);
