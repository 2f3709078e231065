import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "./scripts.mjs";

const { lossScale, histogram, numberBetween, COLOURS } = loaded(
  ["elements", "curves", "network", "controls"].map((name) => `nn/live/${name}.js`),
  ["lossScale", "histogram", "numberBetween", "COLOURS"],
);

const epoch = (number, training, unseen = NaN) => ({
  epoch: number,
  training: { loss: training },
  test: { loss: unseen },
});

test("the curves reach from the first epoch to the last, and from 0 to the largest loss", () => {
  const scale = lossScale([epoch(1, 4, 6), epoch(2, NaN), epoch(11, 1, Infinity)], 212, 120);
  assert.deepEqual([scale.first, scale.last, scale.most], [1, 11, 6]);
  assert.deepEqual([scale.x(1), scale.x(6), scale.x(11)], [6, 106, 206]);
  assert.deepEqual([scale.y(0), scale.y(6)], [100, 20]);
});

test("without a loss there is a scale all the same", () => {
  for (const history of [[], [epoch(3, 0)], [epoch(3, NaN)]]) {
    const scale = lossScale(history, 200, 100);
    assert.equal(scale.most, 0);
    assert.ok(Number.isFinite(scale.x(scale.last)) && Number.isFinite(scale.y(0)));
  }
});

test("a histogram counts each finite number once", () => {
  const counted = histogram([0, 0, 1, 8, 7.9, NaN, Infinity]);
  assert.deepEqual([counted.low, counted.high, counted.counts], [0, 8, [2, 1, 0, 0, 0, 0, 0, 2]]);
  assert.deepEqual(histogram([3, 3]).counts, [2, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(histogram([]), { low: 0, high: 0, counts: new Array(8).fill(0) });
});

test("an entry is a number within its bounds, or nothing", () => {
  assert.equal(numberBetween("0,5", 0, 1), 0.5);
  assert.equal(numberBetween(" 1e-3 ", 0, 1), 0.001);
  for (const text of ["", " ", "fast", "-1", "1", "Infinity", "0.1.2", "1;2"])
    assert.equal(numberBetween(text, 0, 1), undefined, text);
});

test("no two classes of ten have one colour", () => {
  assert.equal(new Set(COLOURS.map(String)).size, 10);
});
