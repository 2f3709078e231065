import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "./scripts.mjs";

const { shown } = loaded(["autograd/pictures/numbers.js"], ["shown"]);

test("five digits at most, whole numbers bare", () => {
  for (const [x, text] of [
    [0, "0"],
    [-0, "0"],
    [3, "3"],
    [-4, "-4"],
    [0.1 + 0.2, "0.3"],
    [1 / 3, "0.33333"],
    [2 / 3, "0.66667"],
    [1e8, "100000000"],
    [123456.7, "123457"],
    [12345678.9, "1.2346e7"],
    [1e300, "1e300"],
    [0.0001, "0.0001"],
    [0.000012345678, "1.2346e-5"],
    [5e-324, "4.9407e-324"],
  ])
    assert.equal(shown(x), text);
});

test("what is no number is a word", () => {
  assert.deepEqual([NaN, Infinity, -Infinity, null].map(shown), ["nan", "inf", "-inf", "–"]);
});
