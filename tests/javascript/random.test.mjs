import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "./scripts.mjs";

const { Random } = loaded(["nn/live/random.js"], ["Random"]);

test("a seed gives the numbers of mulberry32, again and again", () => {
  const random = new Random(0);
  assert.deepEqual([random.next(), random.next()], [0.26642920868471265, 0.0003297457005828619]);
  assert.equal(new Random(0).next(), 0.26642920868471265);
  assert.notEqual(new Random(1).next(), new Random(2).next());
});

test("numbers lie in [0, 1), evenly", () => {
  const random = new Random(3);
  const bins = new Array(10).fill(0);
  for (let i = 0; i < 10000; i++) bins[Math.floor(10 * random.next())]++;
  assert.equal(bins.length, 10);
  for (const n of bins) assert.ok(n > 900 && n < 1100, String(bins));
});

test("normal numbers have mean 0 and variance 1", () => {
  const random = new Random(4);
  const drawn = Array.from({ length: 20000 }, () => random.normal());
  const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
  const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.04, `${mean} ${variance}`);
});

test("a permutation holds each number once, and all orders come", () => {
  const random = new Random(5);
  const orders = new Map();
  for (let i = 0; i < 1200; i++) {
    const order = random.permutation(3);
    assert.deepEqual([...order].sort(), [0, 1, 2]);
    orders.set(String(order), (orders.get(String(order)) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const n of orders.values()) assert.ok(n > 140 && n < 260, String([...orders]));
  assert.deepEqual(random.permutation(0), []);
});
