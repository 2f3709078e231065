// Controls, keys, the state that is copied out and in, and the loop: as many steps a frame as fit
// into a few milliseconds, then one picture.

const FRAME = 12; // milliseconds of training between two pictures
const given = JSON.parse(the("data").textContent);
const trainer = new Trainer(given);
let chosen = null;
let playing = false;
let stale = true; // the picture is older than the numbers
let due = 0; // when the plane is computed next: a large model takes its time for it

const refresh = () => (stale = true);
const surface = new Surface(trainer, refresh);
const network = new Network(trainer, choose);
const curves = new Curves(trainer);
const details = new Details(trainer, network, surface);

function choose(/** @type {any} */ what) {
  if (what.passing && chosen && !chosen.passing) return;
  chosen = what;
  refresh();
}

function show() {
  stale = false;
  trainer.strange = 0;
  const now = performance.now();
  if (!playing || now >= due) {
    surface.compute();
    due = performance.now() + 10 * (performance.now() - now) - 40;
  }
  surface.draw();
  network.draw(surface, chosen);
  curves.draw();
  details.draw(chosen);
  const measured = trainer.history.at(-1) ?? trainer.measure();
  const part = (/** @type {any} */ name) => {
    const { loss, accuracy } = measured[name];
    const graded =
      given.task.kind !== "numbers" ? `, accuracy ${(100 * accuracy).toFixed(1)} %` : "";
    return Number.isNaN(loss) && !trainer[name].rows.length ? "" : `loss ${shown(loss)}${graded}`;
  };
  the("epochs").textContent = `epoch ${trainer.epochs}`;
  the("training-loss").textContent = part("training");
  the("test-loss").textContent = part("test") || "no test data";
  the("problem").textContent = trainer.strange
    ? "The model takes a branch here that it took for none of the given examples: these places are empty."
    : Number.isFinite(measured.training.loss) || !trainer.training.rows.length
      ? ""
      : "The loss is no longer a number: the learning rate is too high. Reset.";
}

function play(/** @type {boolean} */ on) {
  playing = on;
  the("play").textContent = on ? "Pause" : "Play";
  the("play").setAttribute("aria-pressed", String(on));
}

function loop() {
  if (playing) {
    const end = performance.now() + FRAME;
    do trainer.next();
    while (performance.now() < end);
    stale = true;
  }
  if (stale) show();
  requestAnimationFrame(loop);
}

const actions = {
  play: () => play(!playing),
  step: () => trainer.next(),
  epoch: () => {
    while (!trainer.next());
  },
  reset: () => {
    play(false);
    curves.clear();
    trainer.reset(Math.max(0, Math.floor(Number(the("seed").value) || 0)));
    readControls();
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
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select, textarea"))
    return;
  if (event.key === " " && target.matches("button, summary")) return;
  const key = /** @type {any} */ ({ " ": "play", s: "step", e: "epoch", r: "reset" })[event.key];
  if (!key) return;
  event.preventDefault();
  the(key).click();
});

/** A number of a field that has to be at least `least`; undefined, with a word, where it is none. */
function numberIn(
  /** @type {string} */ id,
  /** @type {number} */ least,
  /** @type {string} */ what,
) {
  const x = Number(the(id).value.replace(",", "."));
  const good = the(id).value.trim() !== "" && Number.isFinite(x) && x >= least;
  the(id).setAttribute("aria-invalid", String(!good));
  the("entry").textContent = good
    ? ""
    : `${what} must be a number of at least ${least}, not “${the(id).value}”.`;
  return good ? x : undefined;
}

/** @type {Record<string, [string, number, string, (x: number) => unknown]>} */
const CONTROLS = {
  batch: ["batch", 1, "The batch size", (x) => (trainer.batch = Math.floor(x))],
  lr: ["rate", 1e-12, "The learning rate", (x) => (trainer.optimizer.options.lr = x)],
  momentum: [
    "momentum",
    0,
    "The momentum",
    (x) => {
      const { options, kind } = trainer.optimizer;
      if (kind === "Adam") options.betas = [x, options.betas[1]];
      else options.momentum = x;
    },
  ],
  noise: ["noise", 0, "The noise", (x) => trainer.disturb(x)],
};

for (const [id, [word, least, what, set]] of Object.entries(CONTROLS))
  the(id).addEventListener("change", () => {
    const x = numberIn(id, least, what);
    if (x === undefined) return;
    set(x);
    curves.note(`${word} ${shown(x)}`);
    refresh();
  });

the("optimizer").addEventListener("change", () => {
  trainer.optimizer.restart(the("optimizer").value);
  curves.note(trainer.optimizer.kind);
  readControls();
  refresh();
});

/** Let the controls show what holds. */
function readControls() {
  const { options, kind } = trainer.optimizer;
  the("batch").value = trainer.batch;
  the("lr").value = options.lr;
  the("momentum").value = kind === "Adam" ? options.betas[0] : options.momentum;
  the("noise").value = trainer.noise;
  the("optimizer").value = kind;
}

function copyState() {
  const text = JSON.stringify(trainer.saved());
  the("state").value = text;
  the("state").select();
  navigator.clipboard?.writeText(text).catch(() => undefined); // it stands in the field as well
  the("said").textContent = "The state stands in the field: nn.load_playground reads it.";
}

function loadState() {
  try {
    trainer.load(JSON.parse(the("state").value));
    readControls();
    curves.note("loaded");
    the("said").textContent = "Loaded.";
  } catch (error) {
    the("said").textContent = `Nothing was loaded: ${/** @type {Error} */ (error).message}`;
  }
}

/** Show the stepper of the example that is followed: its page, with the present numbers of leaves. */
function showSteps() {
  const example = surface.example();
  if (!the("steps").open || !example) return;
  const numbers = { A: example, P: trainer.P };
  the("stepper").srcdoc = given.steps.page.replace(/(id="graph">)([^<]*)/, (_, open, text) => {
    const graph = JSON.parse(text);
    for (const [kind, node, i] of given.steps.leaves)
      graph.nodes[node].data = encoded(numbers[kind][i]);
    const escaped = (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`;
    return open + JSON.stringify(graph).replace(/[<>&]/g, escaped);
  });
}

/** Fill the choices of axes, of classes, and of the example that is followed. */
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
  given.task.classes.forEach((name, i) => {
    const swatch = element("canvas", { width: 16, height: 16 });
    const pen = swatch.getContext("2d");
    mark(pen, i, 8, 8, 5);
    pen.fillStyle = css(colourOf(i));
    pen.fill();
    the("legend").append(element("li", {}, swatch, name));
  });
  the("followed").max = String(Math.max(0, trainer.training.rows.length - 1));
  the("followed").addEventListener("input", () => {
    surface.followed = Math.max(0, Math.floor(Number(the("followed").value) || 0));
    refresh();
  });
}

fillChoices();
readControls();
the("seed").value = given.seed;
the("all").addEventListener("toggle", refresh);
the("steps").hidden = !given.steps;
the("steps").addEventListener("toggle", showSteps);
the("steps-now").addEventListener("click", showSteps);
addEventListener("resize", () => {
  network.build();
  for (const edge of network.edges) edge.now = edge.width = undefined;
  refresh();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
requestAnimationFrame(loop);
