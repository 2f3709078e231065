// Training: mini-batches through the recorded program, and the optimiser's formulas, which are those
// of nn.optim. An example is one array, its inputs and behind them its targets, as the program takes
// them. What the page shows of losses and accuracy is computed here, too.

const decoded = (/** @type {any} */ x) => Number(String(x).replace("inf", "Infinity"));

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

class Optimizer {
  /** @param {any} saved @param {number} count of parameters */
  constructor(saved, count) {
    this.kind = saved.optimizer;
    this.options = { ...saved.param_groups[0] };
    this.places = saved.places;
    this.states = saved.state;
    this.first = new Float64Array(count); // momentum, or the mean of gradients
    this.second = new Float64Array(count); // the mean of their squares
    this.steps = new Int32Array(count);
    this.change = new Float64Array(count); // what the last step did
    this.places.forEach((/** @type {number} */ place, /** @type {number} */ i) => {
      const state = place < 0 ? {} : this.states[place];
      this.first[i] = decoded(state.momentum_buffer ?? state.exp_avg ?? 0);
      this.second[i] = decoded(state.exp_avg_sq ?? 0);
      this.steps[i] = state.step ?? ("momentum_buffer" in state ? 1 : 0);
    });
  }

  /** Forget the state, of another kind perhaps: "SGD" or "Adam". */
  restart(/** @type {string} */ kind) {
    if (kind !== this.kind) {
      const { lr, weight_decay, params } = this.options;
      this.options =
        kind === "Adam"
          ? { lr, betas: [0.9, 0.999], eps: 1e-8, weight_decay, amsgrad: false, params }
          : { lr, momentum: 0, dampening: 0, nesterov: false, weight_decay, params };
    }
    this.kind = kind;
    this.states = this.states.map(() => ({}));
    for (const array of [this.first, this.second, this.steps, this.change]) array.fill(0);
  }

  /** Move the parameters once by the gradient. */
  step(/** @type {Float64Array} */ P, /** @type {Float64Array} */ G) {
    const update = this.kind === "Adam" ? this.adam : this.sgd;
    for (let i = 0; i < P.length; i++) {
      if (this.places[i] < 0) continue;
      const before = P[i];
      const decay = this.options.weight_decay;
      P[i] = update.call(this, i, before, decay ? G[i] + decay * before : G[i]);
      this.change[i] = P[i] - before;
    }
  }

  sgd(/** @type {number} */ i, /** @type {number} */ p, /** @type {number} */ grad) {
    const { lr, momentum, dampening, nesterov } = this.options;
    if (momentum) {
      this.first[i] = this.steps[i] ? momentum * this.first[i] + (1 - dampening) * grad : grad;
      this.steps[i] = 1;
      grad = nesterov ? grad + momentum * this.first[i] : this.first[i];
    }
    return p - lr * grad;
  }

  adam(/** @type {number} */ i, /** @type {number} */ p, /** @type {number} */ grad) {
    const { lr, betas, eps } = this.options;
    const t = ++this.steps[i];
    this.first[i] += (grad - this.first[i]) * (1 - betas[0]);
    this.second[i] = this.second[i] * betas[1] + grad * grad * (1 - betas[1]);
    const size = Math.sqrt(this.second[i]) / Math.sqrt(1 - betas[1] ** t) + eps;
    return p - (this.first[i] / size) * (lr / (1 - betas[0] ** t));
  }

  /** The state as nn's `Optimizer.load_state_dict` reads it. */
  saved() {
    const state = this.states.map((/** @type {any} */ known) => ({ ...known }));
    this.places.forEach((/** @type {number} */ place, /** @type {number} */ i) => {
      if (place < 0 || !this.steps[i]) return;
      state[place] =
        this.kind === "Adam"
          ? { step: this.steps[i], exp_avg: this.first[i], exp_avg_sq: this.second[i] }
          : { momentum_buffer: this.first[i] };
    });
    return { optimizer: this.kind, state, param_groups: [this.options] };
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
    this.strange = 0; // examples whose branch was not recorded
    this.seed = given.seed;
    this.random = new Random(this.seed);
    this.P = new Float64Array(); // the parameters, and their gradient
    this.G = new Float64Array();
    this.optimizer = new Optimizer(given.optimizer, given.parameters.length);
    /** @type {number[]} */
    this.order = []; // what is left of the epoch
    /** @type {number[]} */
    this.last = []; // the rows of the last step
    this.epochs = 0;
    /** @type {any[]} */
    this.history = [];
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
    this.optimizer = new Optimizer(optimizer, this.P.length);
    this.order = [];
    this.last = [];
    this.epochs = 0;
    this.history = [];
    this.disturb(this.noise);
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
  }

  /** Run one example into R, and its gradient onto G where it is given; returns its loss. */
  run(/** @type {Float64Array} */ row, /** @type {Float64Array | undefined} */ G = undefined) {
    if (program(row, this.P, this.R, G)) return this.R[0];
    this.strange++;
    this.R.fill(NaN);
    return NaN;
  }

  /** The outputs of the last run. */
  answer() {
    return this.R.subarray(1, 1 + this.outputs);
  }

  /** Take one step on the training examples at these places. */
  step(/** @type {number[]} */ places) {
    this.G.fill(0);
    for (const i of places) this.run(this.training.rows[i], this.G);
    for (let i = 0; i < this.G.length; i++) this.G[i] /= places.length;
    this.optimizer.step(this.P, this.G);
    this.last = places;
  }

  /** Take the next mini-batch of a shuffled epoch; returns whether the epoch has ended. */
  next() {
    if (!this.training.rows.length) return true;
    if (!this.order.length) this.order = this.random.permutation(this.training.rows.length);
    this.step(this.order.splice(0, this.batch));
    if (this.order.length) return false;
    this.epochs++;
    this.history.push(this.measure());
    return true;
  }

  /** Loss and accuracy on both parts. */
  measure() {
    const parts = { training: this.score(this.training), test: this.score(this.test) };
    return { epoch: this.epochs, ...parts };
  }

  score(/** @type {Examples} */ examples) {
    let loss = 0;
    let right = 0;
    for (const row of examples.rows) {
      loss += this.run(row);
      right += this.isRight(row) ? 1 : 0;
    }
    const n = examples.rows.length;
    return { loss: loss / n, accuracy: right / n };
  }

  /** Whether the outputs of the last run say what the targets of its example say. */
  isRight(/** @type {Float64Array} */ row) {
    const targets = row.subarray(this.inputs);
    const { kind, threshold } = this.given.task;
    const says = this.answer();
    if (kind === "classes") return largest(says) === largest(targets);
    return kind !== "numbers" && says.every((x, i) => x > threshold === targets[i] > 0);
  }

  /** Which class the outputs of the last run, or targets, name. */
  classOf(/** @type {Float64Array} */ numbers, /** @type {number} */ threshold) {
    if (this.given.task.kind === "classes") return largest(numbers);
    return numbers[0] > threshold ? 1 : 0;
  }

  /** The state as `nn.load_playground` reads it. */
  saved() {
    const weights = { ...this.given.weights };
    this.given.parameters.forEach((/** @type {any} */ p, /** @type {number} */ i) => {
      if (p.known) weights[p.name] = encoded(this.P[i]);
    });
    const optimizer = JSON.parse(JSON.stringify(this.optimizer.saved(), (_, x) => encoded(x)));
    return { format: this.given.format, version: 1, weights, optimizer, epochs: this.epochs };
  }

  /** Take a state that was saved from this page; throws an Error that says what is wrong. */
  load(/** @type {any} */ state) {
    const { parameters, optimizer, format } = this.given;
    if (!state || state.format !== format) throw new Error("this is no state of a playground");
    const P = parameters.map((/** @type {any} */ p, /** @type {number} */ i) => {
      const x = p.known ? decoded(state.weights?.[p.name] ?? "none") : this.P[i];
      if (Number.isNaN(x) && state.weights?.[p.name] !== "nan")
        throw new Error(`it has no ${p.name}`);
      return x;
    });
    const saved = state.optimizer;
    if (
      !["SGD", "Adam"].includes(saved?.optimizer) ||
      saved.state?.length !== optimizer.state.length
    )
      throw new Error("its optimiser is not that of this page");
    this.P.set(P);
    this.optimizer = new Optimizer({ ...saved, places: optimizer.places }, P.length);
    this.epochs = Number(state.epochs) || 0;
    this.order = [];
    this.history = [];
  }
}

/** JSON has no infinity and no nan: they are words, as nn writes them. */
function encoded(/** @type {any} */ x) {
  if (typeof x !== "number" || Number.isFinite(x)) return x;
  return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

function largest(/** @type {ArrayLike<number>} */ numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
