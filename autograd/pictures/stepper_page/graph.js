// The graph and what is computed on it. Nothing here touches the page.
const GRAPH = JSON.parse(document.getElementById("graph").textContent);
const nodes = GRAPH.nodes;
const operations = GRAPH.operations; // in the order of the forward pass
const count = operations.length;
const root = nodes.length - 1;
const lastPosition = 2 * count + 1;
const uses = nodes.map(() => []); // of each node, first use first
nodes.forEach((node, child) => node.parents.forEach((p, input) => uses[p].push({ child, input })));
const placeOf = new Map(operations.map((i, place) => [i, place]));

const original = nodes.map((node) => decode(node.data));
const recorded = nodes.map((node) => node.partials.map(decode));
const leaves = nodes.map((_, i) => i).filter((i) => nodes[i].kind === "leaf");
const frozen = GRAPH.frozen.length > 0;

function decode(x) {
  return typeof x === "number" ? x : { inf: Infinity, "-inf": -Infinity, nan: NaN }[x];
}

// Data and partials where the leaves have these numbers; `fixed` nodes keep theirs.
function evaluated(numbers, fixed = []) {
  const data = numbers.slice();
  const partials = recorded.slice();
  if (frozen) return { data, partials };
  for (const i of operations) {
    const { row, parents } = nodes[i];
    const inputs = parents.map((p) => data[p]);
    if (!fixed.includes(i)) data[i] = VALUES[row](...inputs);
    partials[i] = PARTIALS[`${row}/${parents.length}`](data[i], inputs);
  }
  return { data, partials };
}

// The graph at a position: 0 is the start, then come `count` operations, the seed, and `count`
// operations on the way back. Who has data, who has a gradient, and the step being taken.
function stateAt(where, { partials }) {
  const known = nodes.map((node) => !node.parents.length);
  for (const i of operations.slice(0, where)) known[i] = true;
  const gradient = nodes.map(() => null);
  const step = { kind: "start", node: null, contributions: [] };
  if (where >= 1 && where <= count)
    Object.assign(step, { kind: "forward", node: operations[where - 1] });
  if (where > count) {
    gradient[root] = 1;
    Object.assign(step, { kind: "seed", node: root });
    for (let k = 0; k < where - count - 1; k++) {
      const i = operations[count - 1 - k];
      Object.assign(step, {
        kind: "backward",
        node: i,
        contributions: handedBack(i, gradient, partials[i]),
      });
    }
  }
  return { known, gradient, step };
}

function handedBack(i, gradient, partials) {
  const upstream = gradient[i];
  return nodes[i].parents.map((p, j) => {
    const before = gradient[p] ?? 0;
    const contribution = upstream * partials[j];
    gradient[p] = before + contribution;
    return { to: p, input: j, upstream, before, contribution, sum: gradient[p] };
  });
}

const gradients = (state) => stateAt(lastPosition, state).gradient;

// The operation that a position is about, as its place in `operations`; -1 at start and seed.
function placeAt(where) {
  if (where >= 1 && where <= count) return where - 1;
  return where > count + 1 ? lastPosition - where : -1;
}

const forwardStep = (place) => place + 1;
const backwardStep = (place) => lastPosition - place;
