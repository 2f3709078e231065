import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "./scripts.mjs";

/** loss = (w x + b - t)^2, and w x + b: as Python would have written it. Not for x > 100. */
function program(A, P, R, G) {
  if (A[0] > 100) return false;
  const y = P[0] * A[0] + P[1];
  R[0] = (y - A[1]) ** 2;
  R[1] = y;
  if (G) {
    G[0] += 2 * (y - A[1]) * A[0];
    G[1] += 2 * (y - A[1]);
  }
  return true;
}

const { Trainer, largest, encoded, savedState } = loaded(
  [...["random", "state", "optimizer", "trainer"].map((name) => `nn/live/${name}.js`)],
  ["Trainer", "largest", "encoded", "savedState"],
  { program },
);

const SGD = {
  lr: 0.1,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  weight_decay: 0,
  params: [0, 1],
};
const ADAM = { lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, amsgrad: false };

function made({ optimizer = "SGD", options = {}, ...more } = {}) {
  const usual = optimizer === "Adam" ? ADAM : SGD;
  return new Trainer({
    format: "seegrad playground",
    inputs: ["x"],
    task: { outputs: 1, kind: "numbers", threshold: 0 },
    training: { X: [[1], [2], [3], [4], [5]], targets: [[1], [3], [5], [7], [9]] },
    test: null,
    parameters: [
      { name: "w", known: true, data: 0.5 },
      { name: "b", known: true, data: 0 },
    ],
    weights: { w: 0.5, b: 0 },
    optimizer: {
      optimizer,
      param_groups: [{ ...usual, ...options }],
      state: [{}, {}],
      places: [0, 1],
    },
    wiring: { columns: [{}] },
    batch: 2,
    seed: 0,
    ...more,
  });
}

const close = (found, expected) =>
  expected.forEach((x, i) => assert.ok(Math.abs(found[i] - x) < 1e-12, `${found} ${expected}`));

test("a step of SGD goes against the mean gradient", () => {
  const trainer = made();
  trainer.step([0, 1]); // gradients: 2 (0.5 - 1) 1, 2 (1 - 3) 2
  close(trainer.G, [-4.5, -2.5]);
  close(trainer.P, [0.95, 0.25]);
  close(trainer.optimizer.change, [0.45, 0.25]);
});

test("momentum remembers, and Nesterov looks ahead", () => {
  const heavy = made({ options: { momentum: 0.9 } });
  heavy.step([0, 1]);
  const before = Array.from(heavy.P);
  heavy.step([0, 1]);
  close(
    heavy.P,
    [0, 1].map((i) => before[i] - 0.1 * (0.9 * [-4.5, -2.5][i] + heavy.G[i])),
  );
  const ahead = made({ options: { momentum: 0.9, nesterov: true } });
  ahead.step([0, 1]);
  close(ahead.P, [0.5 + 0.1 * 1.9 * 4.5, 0.1 * 1.9 * 2.5]);
});

test("the first step of Adam is the learning rate long", () => {
  const trainer = made({ optimizer: "Adam" });
  trainer.step([0, 1]);
  assert.ok(Math.abs(trainer.P[0] - 0.6) < 1e-8 && Math.abs(trainer.P[1] - 0.1) < 1e-8);
});

test("a frozen parameter stays", () => {
  const given = made().given;
  const trainer = made({ optimizer: "SGD" });
  trainer.optimizer.places = [0, -1];
  trainer.step([0, 1]);
  assert.equal(trainer.P[1], given.parameters[1].data);
});

test("an epoch takes each example once, in mini-batches", () => {
  const trainer = made();
  const taken = [];
  const stepping = trainer.stepping.bind(trainer);
  trainer.stepping = (places) => {
    taken.push(places.length);
    return stepping(places);
  };
  assert.deepEqual([trainer.next(), trainer.next(), trainer.next()], [false, false, true]);
  assert.deepEqual(taken, [2, 2, 1]);
  assert.equal(trainer.epochs, 1);
  assert.equal(trainer.history.length, 1);
});

test("the same seed, the same training; another draws the weights anew", () => {
  const [one, two] = [made(), made()];
  for (let i = 0; i < 9; i++) [one, two].forEach((trainer) => trainer.next());
  assert.deepEqual(one.P, two.P);
  one.reset(7);
  assert.equal(one.P[1], 0); // a bias that starts at 0 stays
  assert.notEqual(one.P[0], 0.5);
  one.reset(0);
  assert.equal(one.P[0], 0.5);
  assert.equal(one.epochs, 0);
});

test("noise disturbs inputs, not targets, and goes again", () => {
  const trainer = made();
  trainer.disturb(0.5);
  const { rows, clean } = trainer.training;
  assert.ok(rows.every((row, i) => row[0] !== clean[i][0] && row[1] === clean[i][1]));
  trainer.disturb(0);
  assert.equal(trainer.training.rows, trainer.training.clean);
});

test("loss is the mean over the examples; without test data it is no number", () => {
  const { training, test: unseen } = made().measure();
  assert.equal(training.loss, (0.25 + 4 + 12.25 + 25 + 42.25) / 5);
  assert.ok(Number.isNaN(unseen.loss));
});

test("a branch that was not recorded is counted, and its loss is no number", () => {
  const trainer = made();
  assert.equal(trainer.run(Float64Array.from([101, 0])), false);
  assert.ok(trainer.R.every(Number.isNaN));
  trainer.training.clean.push(Float64Array.from([101, 0]));
  assert.equal(trainer.measure().training.strange, 1);
});

test("accuracy of classes, sides and probabilities", () => {
  const right = (task, targets) => {
    const trainer = made({ task: { outputs: 1, ...task } });
    trainer.R[1] = 0.4;
    return trainer.isRight(Float64Array.from([0, ...targets]));
  };
  assert.ok(
    right({ kind: "sides", threshold: 0 }, [1]) && right({ kind: "sides", threshold: 0.5 }, [0]),
  );
  assert.ok(right({ kind: "sides", threshold: 0.5 }, [-1]));
  assert.ok(!right({ kind: "numbers", threshold: 0 }, [0.4]));
  assert.ok(right({ kind: "classes", threshold: 0 }, [1]));
  assert.deepEqual([largest([1, 3, 2]), largest([NaN, 1])], [1, 0]);
});

for (const optimizer of ["SGD", "Adam"])
  test(`state of ${optimizer} goes out and in again`, () => {
    const options = optimizer === "SGD" ? { momentum: 0.9 } : {};
    const [trainer, other] = [made({ optimizer, options }), made({ optimizer, options })];
    trainer.step([0, 1]);
    trainer.P[1] = Infinity;
    const state = JSON.parse(JSON.stringify(savedState(trainer)));
    assert.equal(state.weights.b, "inf");
    other.load(state);
    assert.deepEqual(other.P, trainer.P);
    trainer.P[1] = other.P[1] = 0;
    for (const each of [trainer, other]) each.step([2, 3]);
    assert.deepEqual(other.P, trainer.P);
  });

test("large batches and data come in slices, and give the same numbers", () => {
  const X = Array.from({ length: 50 }, (_, i) => [i / 50]);
  const more = { training: { X, targets: X.map(([x]) => [2 * x]) }, batch: 50 };
  const [sliced, whole] = [made(more), made(more)];
  const ends = [];
  while (ends.at(-1) !== "epoch") ends.push(sliced.advance());
  assert.deepEqual(ends, ["part", "part", "part", "part", "part", "part", "epoch"]);
  whole.next();
  assert.deepEqual([sliced.P, sliced.measured], [whole.P, whole.measured]);
});

test("what is changed in the middle of a batch lets it begin anew", () => {
  const X = Array.from({ length: 50 }, (_, i) => [i / 50]);
  const trainer = made({ training: { X, targets: X }, batch: 50 });
  trainer.next();
  assert.equal(trainer.advance(), "part");
  trainer.training.clean.splice(3, 47);
  trainer.edited();
  assert.deepEqual([trainer.fresh, trainer.order, trainer.last], [false, [], []]);
  assert.ok(trainer.next());
  assert.equal(trainer.last.length, 3);
  trainer.training.clean.splice(0, 3);
  trainer.edited();
  assert.ok(trainer.next() && trainer.next());
});

test("of a long training every second loss is kept, and the last", () => {
  const trainer = made();
  while (trainer.epochs < 5001) trainer.next();
  const { history } = trainer;
  assert.ok(history.length <= 2001 && history.length > 500, String(history.length));
  assert.equal(history.at(-1).epoch, 5001);
  assert.ok(history.every(({ epoch }, i) => !i || epoch > history[i - 1].epoch));
});

test("a state that does not fit is refused, and nothing changes", () => {
  const trainer = made();
  const good = JSON.parse(JSON.stringify(savedState(trainer)));
  const { optimizer } = good;
  const group = optimizer.param_groups[0];
  const wrong = [null, 1, [], {}, "state", { ...good, format: "x" }, { ...good, version: 2 }];
  for (const weights of [
    {},
    null,
    [1, 2],
    { w: "many", b: 0 },
    { w: [1], b: 0 },
    { w: true, b: 0 },
  ])
    wrong.push({ ...good, weights });
  for (const other of [
    null,
    { ...optimizer, optimizer: "Lion" },
    { ...optimizer, optimizer: ["SGD"] },
    { ...optimizer, state: [{}] },
    { ...optimizer, state: [null, {}] },
    { ...optimizer, state: [{ momentum_buffer: "<b>" }, {}] },
    { ...optimizer, param_groups: [] },
    { ...optimizer, param_groups: [group, group] },
    { ...optimizer, param_groups: [{ ...group, lr: "fast" }] },
    { ...optimizer, param_groups: [{ ...group, lr: -1 }] },
    { ...optimizer, param_groups: [{ ...group, nesterov: 1 }] },
    { ...optimizer, optimizer: "Adam", param_groups: [{ ...ADAM, betas: [0.9, 1] }] },
    { ...optimizer, optimizer: "Adam", param_groups: [{ ...ADAM, amsgrad: true }] },
  ])
    wrong.push({ ...good, optimizer: other });
  for (const state of wrong) {
    assert.throws(() => trainer.load(state), Error);
    assert.deepEqual(Array.from(trainer.P), [0.5, 0]);
  }
});

test("numbers that JSON does not have are words", () => {
  assert.deepEqual([1, NaN, Infinity, -Infinity, "a"].map(encoded), [1, "nan", "inf", "-inf", "a"]);
});
