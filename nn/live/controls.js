// The fields that say how to train: what is entered holds at once and is marked on the curves; what
// cannot hold is said, and nothing changes.

class Controls {
  /** @param {Trainer} trainer @param {Curves} curves @param {() => void} changed */
  constructor(trainer, curves, changed) {
    this.trainer = trainer;
    /** @type {Record<string, [string, number, string, (x: number) => unknown]>} */
    const fields = {
      batch: ["batch", 1, "The batch size", (x) => (trainer.batch = Math.floor(x))],
      lr: ["rate", 1e-12, "The learning rate", (x) => (this.options.lr = x)],
      momentum: ["momentum", 0, "The momentum", (x) => this.setMomentum(x)],
      decay: ["decay", 0, "The weight decay", (x) => (this.options.weight_decay = x)],
      noise: ["noise", 0, "The noise", (x) => trainer.disturb(x)],
    };
    for (const [id, [word, least, what, set]] of Object.entries(fields))
      the(id).addEventListener("change", () => {
        const x = numberIn(id, least, what, id === "momentum" ? 1 : Infinity);
        if (x === undefined) return;
        set(x);
        curves.note(`${word} ${shown(x)}`);
        changed();
      });
    the("optimizer").addEventListener("change", () => {
      trainer.optimizer.restart(the("optimizer").value);
      curves.note(trainer.optimizer.kind);
      this.read();
      changed();
    });
    this.read();
  }

  get options() {
    return this.trainer.optimizer.options;
  }

  setMomentum(/** @type {number} */ x) {
    if (this.trainer.optimizer.kind === "Adam") this.options.betas = [x, this.options.betas[1]];
    else this.options.momentum = x;
    if (!x) this.options.nesterov = false;
  }

  /** Let the fields show what holds. */
  read() {
    const { options, trainer } = this;
    the("batch").value = trainer.batch;
    the("lr").value = options.lr;
    the("momentum").value = trainer.optimizer.kind === "Adam" ? options.betas[0] : options.momentum;
    the("decay").value = options.weight_decay;
    the("noise").value = trainer.noise;
    the("optimizer").value = trainer.optimizer.kind;
    for (const id of ["batch", "lr", "momentum", "decay", "noise"])
      the(id).setAttribute("aria-invalid", "false");
    the("entry").textContent = "";
  }
}

/** The number that a text is: at least `least`, below `limit`; undefined where it is none. */
function numberBetween(
  /** @type {string} */ text,
  /** @type {number} */ least,
  /** @type {number} */ limit,
) {
  const x = text.trim() === "" ? NaN : Number(text.replace(",", "."));
  return Number.isFinite(x) && x >= least && x < limit ? x : undefined;
}

/** The number in a field, or undefined: then a word beside it says what would be one. */
function numberIn(
  /** @type {string} */ id,
  /** @type {number} */ least,
  /** @type {string} */ what,
  limit = Infinity,
) {
  const text = the(id).value;
  const x = numberBetween(text, least, limit);
  const below = limit < Infinity ? ` and below ${limit}` : "";
  the(id).setAttribute("aria-invalid", String(x === undefined));
  the("entry").textContent =
    x === undefined
      ? `${what} must be a number of at least ${shown(least)}${below}, not “${text.slice(0, 40)}”.`
      : "";
  return x;
}
