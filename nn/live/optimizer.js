// The optimisers: the formulas of nn.optim, and the state as nn writes and reads it.

class Optimizer {
  /** @param {any} saved @param {number} count of parameters */
  constructor(saved, count) {
    this.kind = saved.optimizer;
    this.options = { ...saved.param_groups[0] };
    this.places = saved.places;
    this.first = new Float64Array(count); // momentum, or the mean of gradients
    this.second = new Float64Array(count); // the mean of their squares
    this.steps = new Int32Array(count);
    this.change = new Float64Array(count); // what the last step did
    /** @type {any[]} */
    this.states = [];
    this.take(saved.state);
  }

  /** Take the states of all parameters, as nn writes them. */
  take(/** @type {any[]} */ states) {
    this.states = states;
    this.places.forEach((/** @type {number} */ place, /** @type {number} */ i) => {
      const state = place < 0 ? {} : states[place];
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
