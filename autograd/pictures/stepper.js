// The graph, and the steps through it: forward over `operations`, the seed, and back again.
const GRAPH = JSON.parse(document.getElementById("graph").textContent);
const nodes = GRAPH.nodes;
const operations = nodes.map((_, i) => i).filter((i) => nodes[i].parents.length);
const root = nodes.length - 1;
const lastPosition = 2 * operations.length + 1;
const uses = nodes.map(() => 0);
for (const node of nodes) for (const p of node.parents) uses[p]++;

const original = nodes.map((node) => decode(node.data));
const data = original.slice();
const partials = nodes.map((node) => node.partials.map(decode));
let position = 0;

function decode(x) {
  return typeof x === "number" ? x : { inf: Infinity, "-inf": -Infinity, nan: NaN }[x];
}

function compute() {
  if (GRAPH.frozen.length) return;
  for (const i of operations) {
    const { row, parents } = nodes[i];
    const inputs = parents.map((p) => data[p]);
    data[i] = VALUES[row](...inputs);
    partials[i] = PARTIALS[`${row}/${parents.length}`](data[i], inputs);
  }
}

// What is known at a position: who has data, who has a gradient, and the step being taken.
function stateAt(where) {
  const count = operations.length;
  const known = nodes.map((node) => !node.parents.length);
  operations.slice(0, where).forEach((i) => { known[i] = true; });
  const gradient = nodes.map(() => null);
  const step = { kind: "start", node: null, contributions: [] };
  if (where >= 1 && where <= count) Object.assign(step, { kind: "forward", node: operations[where - 1] });
  if (where > count) {
    gradient[root] = 1;
    Object.assign(step, { kind: "seed", node: root });
    for (let k = 0; k < where - count - 1; k++) {
      const i = operations[count - 1 - k];
      const upstream = gradient[i];
      Object.assign(step, { kind: "backward", node: i, contributions: [] });
      nodes[i].parents.forEach((p, j) => {
        const before = gradient[p] ?? 0;
        const contribution = upstream * partials[i][j];
        gradient[p] = before + contribution;
        step.contributions.push({ to: p, input: j, upstream, before, contribution, sum: gradient[p] });
      });
    }
  }
  return { known, gradient, step };
}

// Numbers and formulas as text.
function shown(x) {
  if (x === null) return "–";
  if (!Number.isFinite(x)) return x !== x ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const size = Math.abs(x);
  return size >= 1e6 || size < 1e-4 ? x.toExponential(5).replace(/\.?0+e/, "e") : String(Number(x.toPrecision(6)));
}

function exact(x) {
  return x === null ? "" : Object.is(x, -0) ? "-0" : Number.isFinite(x) ? String(x) : shown(x);
}

function inBrackets(x) {
  const text = shown(x);
  return text.startsWith("-") ? `(${text})` : text;
}

function inWords(template) {
  return template.map((part) => (typeof part === "number" ? nodes[part].name : part)).join("");
}

function inNumbers(template) {
  return template.map((part) => (typeof part === "number" ? inBrackets(data[part]) : part)).join("");
}

const slope = (i) => `∂${nodes[root].name}/∂${nodes[i].name}`;

// Elements are made by these two, and text is set as text: no name becomes markup.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "text") made.textContent = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function drawn(tag, properties = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

// The picture: one box a node, its operation in an oval at its left side.
const BOX = { width: 150, height: 58, across: 258, down: 74, oval: 33, margin: 16 };
// Of a long name the end tells most: layers.0.neurons.3.weights.1
const clipped = (text, length) => (text.length > length ? "…" + text.slice(text.length - length + 1) : text);
const corner = (node) => ({
  x: BOX.margin + node.layer * BOX.across,
  y: BOX.margin + node.height * BOX.down,
});
const size = {
  width: BOX.margin * 2 + Math.max(...nodes.map((n) => n.layer)) * BOX.across + BOX.width,
  height: BOX.margin * 2 + Math.max(...nodes.map((n) => n.height)) * BOX.down + BOX.height,
};
const svg = drawn("svg", { viewBox: `0 0 ${size.width} ${size.height}`, role: "img" });
svg.append(drawn("title", {}, `Computation graph of ${nodes[root].name}, ${nodes.length} nodes`));
const views = [];
const edges = [];

function drawPicture() {
  nodes.forEach((node, i) => {
    const { x, y } = corner(node);
    node.parents.forEach((p, j) => {
      const from = corner(nodes[p]);
      const x0 = from.x + BOX.width, y0 = from.y + BOX.height / 2;
      const x1 = x - 2 * BOX.oval, y1 = y + BOX.height / 2;
      const lift = (j - (node.parents.length - 1) / 2) * Math.min(8, 36 / node.parents.length);
      const bend = Math.max(30, (x1 - x0) / 2);
      const d = `M${x0},${y0} C${x0 + bend},${y0 + lift} ${x1 - bend},${y1 + lift} ${x1},${y1 + lift / 2}`;
      const path = drawn("path", { d, "data-from": p, "data-to": i });
      edges.push({ path, from: p, to: i });
      svg.append(path);
    });
  });
  nodes.forEach((node, i) => {
    const { x, y } = corner(node);
    const kind = node.kind === "leaf" ? "leaf-node" : node.kind;
    const group = drawn("g", { class: `node ${kind}`, "data-node": i });
    if (node.op) {
      const middle = y + BOX.height / 2;
      group.append(drawn("path", { d: `M${x - 6},${middle} L${x},${middle}` }));
      group.append(drawn("ellipse", { cx: x - BOX.oval - 2, cy: middle, rx: BOX.oval, ry: 14 }));
      group.append(drawn("text", { x: x - BOX.oval - 2, y: middle + 4, class: "op-text" }, clipped(node.op, 9)));
    }
    group.append(drawn("rect", { x, y, width: BOX.width, height: BOX.height, rx: 3 }));
    const name = node.kind === "constant" ? "constant" : node.name;
    group.append(drawn("text", { x: x + 8, y: y + 17, class: "name" }, clipped(name, 17)));
    const number = drawn("text", { x: x + 8, y: y + 33 });
    const gradient = drawn("text", { x: x + 8, y: y + 49 });
    group.append(number, gradient);
    group.append(drawn("text", { x: x + BOX.width - 16, y: y + 17, class: "marker" }, "◆"));
    group.append(drawn("title", {}, `${node.name}${node.op ? ` = ${inWords(node.expression)}` : ""}`));
    group.addEventListener("click", () => node.op && goTo(operations.indexOf(i) + 1));
    svg.append(group);
    views.push({ group, number, gradient });
  });
  document.getElementById("picture").append(svg);
}

let zoom = 1;
function setZoom(to) {
  zoom = Math.min(3, Math.max(0.02, to));
  svg.setAttribute("width", size.width * zoom);
  svg.setAttribute("height", size.height * zoom);
  bringIntoView();
}

function fit() {
  const frame = document.getElementById("picture");
  setZoom(Math.min(1.4, (frame.clientWidth - 20) / size.width, (frame.clientHeight - 20) / size.height));
}

// Showing a position: picture, panel, table.
const rows = [];
function drawTable() {
  const body = document.getElementById("rows");
  nodes.forEach((node, i) => {
    const cells = { data: element("td", { class: "number" }), gradient: element("td", { class: "number" }) };
    body.append(element("tr", { "data-node": i }, element("td", { text: node.name }),
      element("td", { class: "number", text: inWords(node.expression) }), cells.data, cells.gradient));
    rows.push(cells);
  });
}

function setNumber(view, prefix, x) {
  view.textContent = prefix + shown(x);
  view.dataset.value = exact(x);
}

function show() {
  const { known, gradient, step } = stateAt(position);
  nodes.forEach((node, i) => {
    const number = known[i] ? data[i] : null;
    const slopeNow = node.kind === "constant" ? null : gradient[i];
    setNumber(views[i].number, "data ", number);
    setNumber(rows[i].data, "", number);
    setNumber(rows[i].gradient, "", slopeNow);
    if (node.kind === "constant") views[i].gradient.textContent = "";
    else setNumber(views[i].gradient, "grad ", slopeNow);
    views[i].group.classList.toggle("waiting", !known[i]);
    views[i].group.classList.toggle("current", i === step.node);
  });
  for (const { path, to } of edges) {
    const current = to === step.node && step.kind !== "seed";
    path.classList.toggle("current", current);
    path.classList.toggle("backward", current && step.kind === "backward");
  }
  showPanel(gradient, step);
  const slider = document.getElementById("position");
  slider.value = position;
  slider.setAttribute("aria-valuetext", document.querySelector("#panel h2").textContent);
  document.getElementById("count").textContent = `${position} of ${lastPosition}`;
  for (const id of ["first", "back"]) document.getElementById(id).disabled = position === 0;
  for (const id of ["last", "next"]) document.getElementById(id).disabled = position === lastPosition;
  watched = step.node ?? nodes[operations[0] ?? root].parents[0] ?? root;
  bringIntoView();
}

let watched = root;
function bringIntoView() {
  const i = watched;
  const frame = document.getElementById("picture");
  const { x, y } = corner(nodes[i]);
  const left = (x - 60) * zoom, right = (x + BOX.width + 20) * zoom;
  const top = y * zoom, bottom = (y + BOX.height) * zoom;
  if (left < frame.scrollLeft || right > frame.scrollLeft + frame.clientWidth)
    frame.scrollLeft = (left + right - frame.clientWidth) / 2;
  if (top < frame.scrollTop || bottom > frame.scrollTop + frame.clientHeight)
    frame.scrollTop = (top + bottom - frame.clientHeight) / 2;
}

const line = (text, properties = {}) => element("p", { text, ...properties });
const MANY = 40; // inputs of one operation that the panel lists

function showPanel(gradient, step) {
  const panel = document.getElementById("panel");
  panel.replaceChildren();
  const count = operations.length;
  const node = nodes[step.node];
  const add = (...children) => panel.append(...children);
  if (step.kind === "start") {
    add(element("h2", { text: "The leaves are given" }));
    add(line(`${count} operation${count === 1 ? "" : "s"} lead from them to ${nodes[root].name}. Step on to compute them one by one; then the gradients come back the other way.`));
  } else if (step.kind === "forward") {
    add(element("h2", { text: `Forward, ${position} of ${count}: ${node.name}` }));
    add(element("div", { class: "step number" },
      line(`${node.name} = ${inWords(node.expression)}`), line(`= ${inNumbers(node.expression)}`),
      line(`= ${shown(data[step.node])}`, { class: "sum" })));
  } else if (step.kind === "seed") {
    add(element("h2", { text: `Backward starts at ${node.name}` }));
    add(element("div", { class: "step number" }, line(`${slope(root)} = 1`, { class: "sum" })));
    add(line(`A change of ${node.name} changes ${node.name} by just as much. From here each operation hands back to its inputs: upstream × local.`));
  } else {
    add(element("h2", { text: `Backward, ${position - count - 1} of ${count}: ${node.name}` }));
    add(line(`${node.name} = ${inWords(node.expression)}, upstream ${slope(step.node)} = ${shown(gradient[step.node])}`, { class: "number" }));
    const wanted = step.contributions.filter((c) => nodes[c.to].kind !== "constant");
    wanted.slice(0, MANY).forEach((c) => add(contribution(step.node, c)));
    if (wanted.length > MANY) add(line(`… and ${wanted.length - MANY} more inputs`));
    const constants = step.contributions.length - wanted.length;
    if (constants) add(line(`Nobody needs the gradient of a constant, and ${constants === 1 ? "one input is" : `${constants} inputs are`} constant.`));
  }
  if (GRAPH.stale && !GRAPH.frozen.length)
    add(line("Leaves have changed since this graph was recorded. The page computes with their numbers of now.", { class: "problem" }));
  if (GRAPH.frozen.length)
    add(line(`The numbers stay as they were recorded, since this page cannot compute ${GRAPH.reasons.join(", nor ")}.`, { class: "problem" }));
}

function contribution(i, c) {
  const node = nodes[i];
  const rule = node.rules[c.input];
  const local = partials[i][c.input];
  const name = nodes[c.to].name;
  const box = element("div", { class: "step number", "data-to": c.to });
  const key = `${node.row}/${node.parents.length}`;
  const rules = RULES[key] ?? PARTIALS[key];
  if (rule.length && rules) {
    const value = rules(data[i], node.parents.map((p) => data[p]))[c.input];
    // The textbook's formula, where it gives the partial: not at a tie, not where it rounds to 0.
    const near = (bound) => value === local || Math.abs(value - local) <= bound;
    const parts = [shown(local)];
    if (near(1e-5 * Math.abs(local))) parts.unshift(inNumbers(rule));
    if (near(1e-6 * Math.abs(local) + 1e-12)) parts.unshift(inWords(rule));
    const bare = (text) => text.replace(/^\((-[^()]*)\)$/, "$1");
    const different = parts.map(bare).filter((part, k, all) => k === 0 || part !== all[k - 1]);
    box.append(line(`local ∂${node.name}/∂${name} = ${different.join(" = ")}`));
  } else box.append(line(`local ∂${node.name}/∂${name} = ${shown(local)}`));
  box.append(line(`contribution = ${inBrackets(c.upstream)} × ${inBrackets(local)} = ${shown(c.contribution)}`));
  const several = uses[c.to] > 1 ? `${shown(c.before)} + ${inBrackets(c.contribution)} = ` : "";
  const text = `${slope(c.to)} = ${several}${shown(c.sum)}`;
  box.append(line(text, { class: "sum", "data-value": exact(c.sum) }));
  return box;
}

// Leaves: a slider and a field each.
function drawLeaves() {
  const form = document.getElementById("leaves");
  const leaves = nodes.map((_, i) => i).filter((i) => nodes[i].kind === "leaf");
  leaves.sort((a, b) => nodes[a].name.localeCompare(nodes[b].name, undefined, { numeric: true }));
  if (!leaves.length || GRAPH.frozen.length) return;
  const reset = element("button", { type: "button", id: "reset", text: "Reset" });
  form.append(element("h2", { text: "Leaves" }));
  for (const i of leaves) {
    const middle = Number.isFinite(original[i]) ? original[i] : 0;
    const reach = Math.min(Math.max(1, 2 * Math.abs(middle)), 8e307); // so that its ends are finite
    const slider = element("input", { type: "range", min: Math.max(middle - reach, -8e307), max: Math.min(middle + reach, 8e307), step: "any",
      value: middle, "data-leaf": i, "aria-label": `${nodes[i].name}, slider` });
    const field = element("input", { type: "text", inputmode: "decimal", value: exact(original[i]), "data-leaf": i,
      "aria-label": `${nodes[i].name}, number`, spellcheck: "false" });
    const set = (x) => { data[i] = x; field.removeAttribute("aria-invalid"); compute(); show(); };
    slider.addEventListener("input", () => { field.value = String(slider.valueAsNumber); set(slider.valueAsNumber); });
    field.addEventListener("input", () => {
      const x = parsed(field.value);
      if (x === undefined) return field.setAttribute("aria-invalid", "true");
      if (Number.isFinite(x)) slider.value = x;
      set(x);
    });
    reset.addEventListener("click", () => {
      data[i] = original[i]; slider.value = middle; field.value = exact(original[i]);
      field.removeAttribute("aria-invalid");
    });
    form.append(element("div", { class: "leaf" }, element("label", { text: nodes[i].name, title: nodes[i].name }), slider, field));
  }
  reset.addEventListener("click", () => { compute(); show(); });
  form.append(reset);
  form.addEventListener("submit", (event) => event.preventDefault());
}

// A number as Python's float() reads it, undefined where it is none.
function parsed(text) {
  const word = text.trim().toLowerCase();
  const special = { inf: Infinity, "+inf": Infinity, infinity: Infinity, "+infinity": Infinity, "-inf": -Infinity, "-infinity": -Infinity, nan: NaN, "+nan": NaN, "-nan": NaN };
  if (Object.hasOwn(special, word)) return special[word];
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(word) ? Number(word) : undefined;
}

// Going through the steps.
function goTo(where) {
  position = Math.min(lastPosition, Math.max(0, where));
  show();
}

let timer = null;
function play(on) {
  clearInterval(timer);
  const button = document.getElementById("play");
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Pause" : "Play";
  timer = on ? setInterval(() => (position < lastPosition ? goTo(position + 1) : play(false)), 900) : null;
}

const actions = {
  first: () => goTo(0),
  back: () => goTo(position - 1),
  next: () => goTo(position + 1),
  half: () => goTo(operations.length),
  last: () => goTo(lastPosition),
  play: () => play(timer === null),
  smaller: () => setZoom(zoom / 1.25),
  larger: () => setZoom(zoom * 1.25),
  fit,
};
const keys = {
  Home: "first", End: "last", ArrowLeft: "back", ArrowRight: "next", f: "half", F: "half",
  " ": "play", "+": "larger", "-": "smaller", 0: "fit",
};
for (const [id, action] of Object.entries(actions)) document.getElementById(id).addEventListener("click", action);
document.addEventListener("keydown", (event) => {
  const inside = event.target.closest("input, button, summary");
  const own = inside && (inside.tagName === "INPUT" || event.key === " ");
  if (own || event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
  event.preventDefault();
  actions[keys[event.key]]();
});
const slider = document.getElementById("position");
slider.max = lastPosition;
slider.addEventListener("input", () => goTo(slider.valueAsNumber));

new ResizeObserver(bringIntoView).observe(document.getElementById("picture"));
drawPicture();
drawTable();
drawLeaves();
compute();
fit();
if (zoom < 0.45) setZoom(0.9); // too small to read: start at the leaves instead
show();
