// Training: mini-batches through the recorded program. An example is one array, its inputs and behind
// them its targets, as the program takes them. What the page shows of losses and accuracy is computed
// here, too. Work comes in slices of a few examples, so that no batch and no data set is so large
// that the page stands still.

const SLICE = 16; // examples: before a browser has optimised a large program, 0.3 ms each
const MOST_HISTORY = 2000; // losses that are kept for the curves

/** The examples of one part of the data. */
class Examples {
  /** @param {{X: number[][], targets: number[][]} | null} given */
  constructor(given) {
    this.clean = given ? given.X.map((x, i) => Float64Array.from([...x, ...given.targets[i]])) : [];
    this.rows = this.clean;
  }

  /** Disturb the inputs by normal noise of a standard deviation. */
  disturb(/** @type {number} */ inputs, /** @type {number} */ noise, /** @type {Random} */ random) {
    this.rows =
      noise === 0
        ? this.clean
        : this.clean.map((row) =>
            row.map((x, i) => (i < inputs ? x + noise * random.normal() : x)),
          );
  }
}

class Trainer {
  /** @param {any} given what Python has written into the page */
  constructor(given) {
    this.given = given;
    this.inputs = given.inputs.length;
    this.outputs = given.task.outputs;
    this.training = new Examples(given.training);
    this.test = new Examples(given.test);
    this.batch = given.batch;
    this.noise = 0;
    const columns = given.wiring.columns.slice(1);
    const units = columns.reduce((n, c) => n + c.operations.length, 0);
    this.R = new Float64Array(1 + this.outputs + units);
    this.seed = given.seed;
    this.random = new Random(this.seed);
    this.P = new Float64Array(); // the parameters
    this.G = new Float64Array(); // the gradient of the last step
    this.sum = new Float64Array(); // of the step that is being taken
    this.optimizer = new Optimizer(given.optimizer, given.parameters.length);
    /** @type {number[]} */
    this.order = []; // what is left of the epoch
    /** @type {number[]} */
    this.last = []; // the rows of the last step
    this.epochs = 0;
    /** @type {any[]} */
    this.history = [];
    /** @type {any} */
    this.measured = null; // the last losses, of the present numbers if they are `fresh`
    this.fresh = false;
    this.work = this.train();
    this.look = this.measuring();
    this.reset(given.seed);
  }

  /** Start anew: from the given weights with the given seed, else from others of the same spread. */
  reset(/** @type {number} */ seed) {
    const { parameters, optimizer } = this.given;
    this.seed = seed;
    this.random = new Random(seed);
    this.P = Float64Array.from(parameters, (p) => decoded(p.data));
    if (seed !== this.given.seed) this.redraw();
    this.G = new Float64Array(this.P.length);
    this.sum = new Float64Array(this.P.length);
    this.optimizer = new Optimizer(optimizer, this.P.length);
    this.epochs = 0;
    this.history = [];
    this.disturb(this.noise);
    this.edited();
  }

  /** Numbers or examples have changed: an epoch that had begun begins anew. */
  edited() {
    this.order = [];
    this.last = [];
    this.work = this.train();
    this.stale();
  }

  /** The losses are to be measured anew. */
  stale() {
    this.fresh = false;
    this.look = this.measuring();
  }

  /** Draw each weight anew, with the standard deviation of those of its module; zeros stay. */
  redraw() {
    /** @type {Map<string, number[]>} */
    const groups = new Map();
    this.given.parameters.forEach((/** @type {any} */ p, /** @type {number} */ i) => {
      const group = p.name.replace(/\.?\d+$/, "").replace(/\.neurons\.\d+/, "");
      groups.set(group, [...(groups.get(group) ?? []), i]);
    });
    for (const places of groups.values()) {
      const square = places.reduce((sum, i) => sum + this.P[i] ** 2, 0) / places.length;
      for (const i of places)
        if (this.P[i] !== 0) this.P[i] = Math.sqrt(square) * this.random.normal();
    }
  }

  /** Noise on the inputs of both parts of the data. */
  disturb(/** @type {number} */ noise) {
    this.noise = noise;
    const random = new Random(this.seed + 1);
    this.training.disturb(this.inputs, noise, random);
    this.test.disturb(this.inputs, noise, random);
    this.stale();
  }

  /** Run one example into R, and its gradient onto G where it is given; R[0] is its loss. Returns
   * whether the branch it takes was recorded: the results of others are no numbers. */
  run(/** @type {Float64Array} */ row, /** @type {Float64Array | undefined} */ G = undefined) {
    const known = program(row, this.P, this.R, G);
    if (!known) this.R.fill(NaN);
    return known;
  }

  /** The outputs of the last run. */
  answer() {
    return this.R.subarray(1, 1 + this.outputs);
  }

  /** Train on and on in slices; what has ended with a slice is yielded: "part", "step" or "epoch". */
  *train() {
    while (this.training.rows.length) {
      if (!this.order.length) this.order = this.random.permutation(this.training.rows.length);
      yield* this.stepping(this.order.splice(0, this.batch));
      if (this.order.length) {
        yield "step";
        continue;
      }
      this.epochs++;
      yield* this.measuring();
      this.history.push(this.measured);
      if (this.history.length > MOST_HISTORY) this.thin();
      yield "epoch";
    }
  }

  /** One step on the examples at these places. */
  *stepping(/** @type {number[]} */ places) {
    this.sum.fill(0);
    for (let k = 0; k < places.length; k++) {
      this.run(this.training.rows[places[k]], this.sum);
      if (k % SLICE === SLICE - 1) yield "part";
    }
    for (let i = 0; i < this.G.length; i++) this.G[i] = this.sum[i] / places.length;
    this.optimizer.step(this.P, this.G);
    this.last = places;
    this.stale();
  }

  /** Loss, accuracy, and how many examples take a branch that was not recorded, on both parts. */
  *measuring() {
    /** @type {any} */
    const found = { epoch: this.epochs };
    for (const [name, { rows }] of Object.entries({ training: this.training, test: this.test })) {
      let [loss, right, strange] = [0, 0, 0];
      for (let i = 0; i < rows.length; i++) {
        if (!this.run(rows[i])) strange++;
        loss += this.R[0];
        if (this.isRight(rows[i])) right++;
        if (i % SLICE === SLICE - 1) yield "part";
      }
      found[name] = { loss: loss / rows.length, accuracy: right / rows.length, strange };
    }
    this.measured = found;
    this.fresh = true;
  }

  /** Of the losses so far every second is enough. */
  thin() {
    const last = this.history.length - 1;
    this.history = this.history.filter((_, i) => i % 2 === 0 || i === last);
  }

  /** A slice of training: what has ended with it. */
  advance() {
    const { done, value } = this.work.next();
    if (done) this.work = this.train(); // there was no example
    return done ? "epoch" : value;
  }

  /** Take the next mini-batch of a shuffled epoch; returns whether the epoch has ended. */
  next() {
    let ended = this.advance();
    while (ended === "part") ended = this.advance();
    return ended === "epoch";
  }

  /** Take one step on the training examples at these places. */
  step(/** @type {number[]} */ places) {
    for (const part of this.stepping(places)) if (part !== "part") break;
  }

  /** Loss and accuracy on both parts, now. */
  measure() {
    for (const part of this.measuring()) if (part !== "part") break;
    return this.measured;
  }

  /** Whether the outputs of the last run say what the targets of its example say. */
  isRight(/** @type {Float64Array} */ row) {
    const { R, inputs, outputs } = this;
    const { kind, threshold } = this.given.task;
    if (kind === "classes") return largest(R, 1, outputs) === largest(row, inputs, outputs);
    if (kind === "numbers") return false;
    for (let i = 0; i < outputs; i++)
      if (R[1 + i] > threshold !== row[inputs + i] > 0) return false;
    return true;
  }

  /** Which class the outputs of the last run, or targets, name. */
  classOf(/** @type {Float64Array} */ numbers, /** @type {number} */ threshold) {
    if (this.given.task.kind === "classes") return largest(numbers);
    return numbers[0] > threshold ? 1 : 0;
  }

  /** Take a state that was saved from this page; throws an Error that says what is wrong. */
  load(/** @type {any} */ state) {
    const { P, optimizer, epochs } = readState(this, state);
    this.P.set(P);
    this.optimizer = optimizer;
    this.epochs = epochs;
    this.history = [];
    this.edited();
  }
}

/** Which of `count` numbers from `start` on is the largest. */
function largest(/** @type {ArrayLike<number>} */ numbers, start = 0, count = numbers.length) {
  let best = start;
  for (let i = start + 1; i < start + count; i++) if (numbers[i] > numbers[best]) best = i;
  return best - start;
}
