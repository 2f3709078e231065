// The state of a page as JSON, which nn.load_playground reads and writes: what is read is checked
// before anything is changed, because a reader may paste whatever they like.

/** @type {Record<string, number>} */
const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/** JSON has no infinity and no nan: they are words, as nn writes them. */
function encoded(/** @type {any} */ x) {
  if (typeof x !== "number" || Number.isFinite(x)) return x;
  return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

/** The number that JSON holds, or a word stands for; throws an Error that says what is none. */
function decoded(/** @type {unknown} */ x, what = "a number") {
  if (typeof x === "number") return x;
  if (typeof x === "string" && Object.hasOwn(WORDS, x)) return WORDS[x];
  const given = JSON.stringify(x) ?? String(x);
  throw new Error(x === undefined ? `${what} is missing` : `${what} is ${given.slice(0, 40)}`);
}

/** The state of a trainer. */
function savedState(/** @type {Trainer} */ trainer) {
  const { parameters, weights, format } = trainer.given;
  const known = parameters.flatMap((/** @type {any} */ p, /** @type {number} */ i) =>
    p.known ? [[p.name, encoded(trainer.P[i])]] : [],
  );
  const optimizer = JSON.parse(JSON.stringify(trainer.optimizer.saved(), (_, x) => encoded(x)));
  return {
    format,
    version: 1,
    weights: Object.fromEntries([...Object.entries(weights), ...known]),
    optimizer,
    epochs: trainer.epochs,
  };
}

/** Weights, optimiser and epochs of a state; throws an Error that says what is wrong with it. */
function readState(/** @type {Trainer} */ trainer, /** @type {any} */ state) {
  const { parameters, optimizer, format } = trainer.given;
  if (state?.format !== format || state.version !== 1)
    throw new Error("this is no state of a playground");
  const weights = isRecord(state.weights) ? state.weights : {};
  const P = parameters.map((/** @type {any} */ p, /** @type {number} */ i) => {
    if (!p.known) return trainer.P[i];
    return decoded(Object.hasOwn(weights, p.name) ? weights[p.name] : undefined, p.name);
  });
  return {
    P: Float64Array.from(P),
    optimizer: readOptimizer(optimizer, state.optimizer, P.length),
    epochs: Number.isSafeInteger(state.epochs) && state.epochs > 0 ? state.epochs : 0,
  };
}

function readOptimizer(
  /** @type {any} */ given,
  /** @type {any} */ saved,
  /** @type {number} */ count,
) {
  const kinds = ["SGD", "Adam"];
  if (!kinds.includes(saved?.optimizer) || !Array.isArray(saved.state))
    throw new Error("its optimiser is not that of this page");
  const [group, ...more] = Array.isArray(saved.param_groups) ? saved.param_groups : [];
  if (saved.state.length !== given.state.length || !isRecord(group) || more.length)
    throw new Error("its optimiser is not that of this page");
  const made = new Optimizer({ ...given, state: given.state.map(() => ({})) }, count);
  made.restart(saved.optimizer);
  for (const [name, usual] of Object.entries(made.options)) {
    if (name === "params") continue;
    if (!isOption(name, group[name], usual))
      throw new Error(`${name} of its optimiser is no option`);
    made.options[name] = group[name];
  }
  made.take(
    saved.state.map((/** @type {any} */ each) => {
      if (!isRecord(each)) throw new Error("its optimiser is not that of this page");
      return Object.fromEntries(Object.entries(each).map(([name, x]) => [name, decoded(x, name)]));
    }),
  );
  return made;
}

const isRecord = (/** @type {unknown} */ x) =>
  typeof x === "object" && x !== null && !Array.isArray(x);

/** Whether a number, a pair of rates of decay, or a choice can stand where `usual` stands. */
function isOption(/** @type {string} */ name, /** @type {any} */ x, /** @type {any} */ usual) {
  if (name === "amsgrad") return x === false;
  if (name === "betas")
    return Array.isArray(x) && x.length === 2 && x.every((beta) => beta >= 0 && beta < 1);
  return typeof x === typeof usual && (typeof x !== "number" || (Number.isFinite(x) && x >= 0));
}
