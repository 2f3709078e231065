// The picture of one view: a box a node, its operation in an oval before it.
const BOX = { height: 58, group: 108, oval: 33, margin: 14, letter: 7.9, padding: 16, least: 6 };
const SMALLEST = 12.2 / 13; // the scale at which text is 12 pixels high
const picture = { view: 0, across: true, words: true, zoom: 1, byHand: false, boxes: [], edges: [], svg: null, size: null };

const isGroup = (item) => !("node" in item);
const labelOf = (item) => ("node" in item ? nodes[item.node].kind === "constant" ? "constant" : nodes[item.node].short : item.name ?? views[item.view].name);

// Where everything stands. Layers run from left to right, or where it is narrow downwards.
function geometry(view, across, words) {
  const width = Math.max(...view.items.map((item) => widthOf(item, words)));
  const height = view.items.some(isGroup) ? BOX.group : BOX.height;
  const deep = across ? width + 2 * BOX.oval + 40 : height + 62;
  const wide = across ? height + 10 : width + 10;
  const corners = view.items.map((_, k) => {
    const along = BOX.margin + view.layer[k] * deep, beside = BOX.margin + view.height[k] * wide;
    return across ? { x: along, y: beside } : { x: beside, y: along };
  });
  const end = (axis, extent) => Math.max(...corners.map((c) => c[axis])) + extent + BOX.margin;
  return { corners, width, height, across, words, size: { width: end("x", width), height: end("y", height) } };
}

function widthOf(item, words) {
  const texts = isGroup(item) ? [labelOf(item), noteOf(item), "data -0.123 … -0.123"] : [labelOf(item) + " ◆", ...numbersIn(item.node, words)];
  return Math.max(BOX.least, ...texts.map((text) => text.length)) * BOX.letter + BOX.padding;
}

const noteOf = (item) => ("view" in item ? views[item.view].note : item.note);
const prefixes = (words) => (words ? ["data ", "grad "] : ["", "∂ "]);

function numbersIn(i, words) {
  const [data, grad] = prefixes(words);
  return [data + shown(session.state.data[i]), grad + shown(session.gradient[i])];
}

function drawView() {
  const view = views[picture.view];
  const place = geometry(view, picture.across, picture.words);
  const svg = drawn("svg", { viewBox: `0 0 ${place.size.width} ${place.size.height}`, role: "group", "aria-label": `Computation graph of ${nodes[root].short}: ${view.name}` });
  Object.assign(picture, { svg, size: place.size, place, edges: view.edges.map((edge) => drawEdge(view, place, edge)) });
  svg.append(...picture.edges.map((edge) => edge.path));
  picture.boxes = view.items.map((item, k) => drawItem(item, place, place.corners[k]));
  svg.append(...picture.boxes.map((box) => box.group));
  byId("picture").replaceChildren(svg);
  drawTrail();
}

function drawEdge(view, place, [from, to, input, inputs]) {
  const before = isGroup(view.items[to]) ? 0 : 2 * BOX.oval * (place.across ? 1 : 0) + (place.across ? 2 : 36);
  const across = place.across, a = place.corners[from], b = place.corners[to];
  const extent = across ? [place.width, place.height / 2] : [place.width / 2, place.height];
  const start = [a.x + extent[0], a.y + extent[1]];
  const end = across ? [b.x - before, b.y + extent[1]] : [b.x + extent[0], b.y - before];
  const lift = (input - (inputs - 1) / 2) * Math.min(8, 36 / inputs);
  const path = drawn("path", { d: curve(start, end, across, lift), "data-from": from, "data-to": to });
  return { path, from, to };
}

function curve([x0, y0], [x1, y1], across, lift) {
  const bend = Math.max(26, (across ? x1 - x0 : y1 - y0) / 2);
  return across
    ? `M${x0},${y0} C${x0 + bend},${y0 + lift} ${x1 - bend},${y1 + lift} ${x1},${y1 + lift / 2}`
    : `M${x0},${y0} C${x0 + lift},${y0 + bend} ${x1 + lift},${y1 - bend} ${x1 + lift / 2},${y1}`;
}

function drawItem(item, place, { x, y }) {
  const group = drawn("g", { class: `node ${classOf(item)}`, tabindex: 0, role: "button", "aria-label": labelOf(item), "data-node": item.node ?? null });
  if (!isGroup(item) && nodes[item.node].op) group.append(...drawOperation(nodes[item.node].op, place, x, y));
  group.append(drawn("rect", { x, y, width: place.width, height: place.height, rx: 4 }));
  const put = (row, kind, text = "") => {
    const made = drawn("text", { x: x + BOX.padding / 2, y: y + row * 16, class: kind, text });
    group.append(made);
    return made;
  };
  put(1, "name", labelOf(item));
  const box = { item, group, number: put(isGroup(item) ? 3 : 2, "data"), gradient: put(isGroup(item) ? 4 : 3, "grad") };
  if (isGroup(item)) Object.assign(box, { note: put(2, "note", noteOf(item)), bars: drawBars(group, place, x, y) });
  group.append(drawn("text", { x: x + place.width - 16, y: y + 16, class: "marker", text: "◆" }));
  listen(group, item);
  return box;
}

function classOf(item) {
  if (isGroup(item)) return `group-node${item.outside ? " outside" : ""}`;
  const { kind } = nodes[item.node];
  return `${kind === "leaf" ? "leaf-node" : kind}${item.outside ? " outside" : ""}`;
}

function drawOperation(op, place, x, y) {
  const across = place.across;
  const cx = across ? x - BOX.oval - 2 : x + place.width / 2, cy = across ? y + place.height / 2 : y - 22;
  const stem = across ? `M${x - 6},${cy} L${x},${cy}` : `M${cx},${y - 8} L${cx},${y}`;
  return [drawn("path", { d: stem }), drawn("ellipse", { cx, cy, rx: BOX.oval, ry: 14 }),
    drawn("text", { x: cx, y: cy + 4, class: "op-text", text: op.length > 9 ? op.slice(0, 8) + "…" : op })];
}

const BARS = 64; // results of a group that are drawn, each as a bar up or down
function drawBars(group, place, x, y) {
  const bars = drawn("path", { class: "bars", "data-base": `${x + 8},${y + 88}`, "data-width": place.width - 16 });
  group.append(bars);
  return bars;
}

function barsOf(path, numbers) {
  const [x, y] = path.dataset.base.split(",").map(Number);
  const some = numbers.slice(0, BARS).map((n) => (Number.isFinite(n) ? n : 0));
  const largest = Math.max(...some.map(Math.abs)) || 1, step = path.dataset.width / some.length;
  const half = Math.min(0.45 * step, 3);
  return some.map((n, k) => {
    const middle = x + (k + 0.5) * step;
    return `M${middle - half},${y} h${2 * half} v${(-15 * n) / largest} h${-2 * half} z`;
  }).join("");
}

function listen(group, item) {
  group.addEventListener("click", () => choose(item));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    choose(item);
  });
  for (const kind of ["mouseenter", "focus"]) group.addEventListener(kind, () => showTip(group, item));
  for (const kind of ["mouseleave", "blur"]) group.addEventListener(kind, hideTip);
}

// A click goes to a node's step; where it is already, to its other step. A group opens.
function choose(item) {
  if ("view" in item) return openView(item.view);
  if (currentTab === "quiz" && asking.left.has(item.node ?? item.leaves[0])) return askAbout(item.node ?? item.leaves[0]);
  if ("leaves" in item) return showLeaf(item.leaves[0]);
  const place = placeOf.get(item.node);
  if (place === undefined) return chooseLeaf(item.node);
  const [forward, backward] = [forwardStep(place), backwardStep(place)];
  const there = session.position > count ? backward : forward;
  goTo(session.position === there ? forward + backward - there : there);
}

// The gradient of a leaf is complete when the first operation that used it has handed back.
function chooseLeaf(i) {
  if (nodes[i].kind === "leaf") showLeaf(i);
  const places = uses[i].map((use) => placeOf.get(use.child));
  if (session.position > count && places.length) goTo(backwardStep(Math.min(...places)));
}

function openView(v) {
  picture.view = v;
  picture.byHand = false;
  hideTip();
  arrange();
  show();
}

function drawTrail() {
  const steps = trail(picture.view);
  const links = steps.map((v, k) => button(views[v].name, () => openView(v), { "aria-current": k === steps.length - 1 ? "true" : null }));
  byId("trail").replaceChildren(...links);
  byId("trail").hidden = steps.length === 1 && views.length === 1;
}

// Sizes. Of all arrangements the one is taken in which the picture is largest.
function arrange() {
  const best = arrangements().reduce((a, b) => (b.scale > a.scale * 1.02 ? b : a));
  Object.assign(picture, { across: best.across, words: best.words });
  byId("main").className = best.kind;
  drawView();
  byId("picture").style.height = best.kind === "beside" ? `${best.height}px` : `${pictureHeight(best)}px`;
  setZoom(picture.byHand ? picture.zoom : Math.max(best.scale, SMALLEST));
}

function arrangements() {
  const { innerWidth, innerHeight } = window;
  const narrow = innerWidth <= 760, top = byId("main").getBoundingClientRect().top + window.scrollY;
  const rooms = narrow
    ? [{ kind: "stacked", width: innerWidth, height: 0.7 * innerHeight }]
    : [{ kind: "wide", width: innerWidth, height: 0.48 * innerHeight },
      { kind: "beside", width: 0.6 * innerWidth, height: Math.max(360, innerHeight - top - 70) }];
  return rooms.flatMap((room) => [true, false].map((across) => {
    const { size } = geometry(views[picture.view], across, !narrow);
    const scale = Math.min(1.7, (room.width - 26) / size.width, (room.height - 20) / size.height);
    return { ...room, across, words: !narrow, scale };
  }));
}

const pictureHeight = ({ scale, height }) => Math.min(height, Math.max(150, picture.size.height * Math.max(scale, SMALLEST) + 22));

function setZoom(to) {
  picture.zoom = Math.min(3, Math.max(0.02, to));
  picture.svg.setAttribute("width", picture.size.width * picture.zoom);
  picture.svg.setAttribute("height", picture.size.height * picture.zoom);
  bringIntoView();
}

function zoomBy(factor) {
  picture.byHand = true;
  setZoom(picture.zoom * factor);
}

function fit() {
  const frame = byId("picture");
  picture.byHand = true;
  setZoom(Math.min(1.7, (frame.clientWidth - 20) / picture.size.width, (frame.clientHeight - 20) / picture.size.height));
}

function bringIntoView() {
  const frame = byId("picture"), { zoom, place } = picture;
  const corner = place.corners[Math.max(0, watched())];
  const reach = (from, extent, scroll, visible) => {
    const low = (from - (place.across ? 70 : 40)) * zoom, high = (from + extent + 14) * zoom;
    return low < scroll || high > scroll + visible ? (low + high - visible) / 2 : scroll;
  };
  frame.scrollLeft = reach(corner.x, place.width, frame.scrollLeft, frame.clientWidth);
  frame.scrollTop = reach(corner.y, place.height, frame.scrollTop, frame.clientHeight);
}

// The item of the step, or before the first one the first operation's first input.
function watched() {
  const view = views[picture.view], { node } = session.shown.step;
  if (session.focus !== null) return view.items.findIndex((item) => nodesOf(item).includes(session.focus));
  if (node === root && session.position === count + 1) return itemAt(view, count - 1);
  if (node !== null) return itemAt(view, placeOf.get(node) ?? -1);
  return view.edges.length ? view.edges[0][0] : 0;
}

// Showing a position in the picture.
function showPicture({ known, gradient, step }) {
  const now = watched();
  picture.boxes.forEach((box, k) => {
    const marked = k === now && step.kind !== "start";
    box.group.classList.toggle("current", marked);
    if (isGroup(box.item)) showGroup(box, known, gradient);
    else showNode(box, known, gradient);
  });
  for (const { path, to } of picture.edges) {
    const current = session.focus === null && to === now && (step.kind === "forward" || step.kind === "backward");
    path.classList.toggle("current", current);
    path.classList.toggle("backward", current && step.kind === "backward");
  }
  bringIntoView();
  refreshTip();
}

function showNode({ item: { node: i }, group, number, gradient: below }, known, gradient) {
  const [data, grad] = prefixes(picture.words);
  setNumber(number, data, known[i] ? session.state.data[i] : null);
  if (nodes[i].kind === "constant") setText(below, "");
  else setNumber(below, grad, gradient[i], session.hidden.has(i));
  group.classList.toggle("waiting", !known[i]);
}

function setNumber(target, prefix, x, secret = false) {
  setText(target, prefix + (secret ? "?" : shown(x)));
  target.dataset.value = secret ? "" : exact(x);
}

function showGroup({ item, group, number, gradient: below, bars }, known, gradient) {
  const members = nodesOf(item);
  const done = members.filter((i) => known[i]).map((i) => session.state.data[i]);
  const back = members.filter((i) => gradient[i] !== null && nodes[i].kind !== "constant").map((i) => gradient[i]);
  setText(number, `data ${range(done)}`);
  setText(below, `grad ${range(back)}`);
  bars.setAttribute("d", done.length ? barsOf(bars, members.map((i) => (known[i] ? session.state.data[i] : 0))) : "");
  group.classList.toggle("waiting", !done.length);
}

const short = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(2))) : shown(x));
function range(numbers) {
  if (!numbers.length) return "–";
  const low = short(Math.min(...numbers)), high = short(Math.max(...numbers));
  return low === high ? low : `${low} … ${high}`;
}

// What stands beside a box while the mouse is on it or the keyboard has brought one there.
let pointedAt = null;
function showTip(group, item) {
  pointedAt = { group, item };
  const tip = byId("tip");
  tip.replaceChildren(...tipLines(item).map((text) => line(text)));
  tip.hidden = false;
  const box = group.getBoundingClientRect();
  const left = Math.min(Math.max(4, box.left), window.innerWidth - tip.offsetWidth - 8);
  const above = box.top - tip.offsetHeight - 6;
  tip.style.left = `${left + window.scrollX}px`;
  tip.style.top = `${(above > 0 ? above : box.bottom + 6) + window.scrollY}px`;
}

function hideTip() {
  pointedAt = null;
  byId("tip").hidden = true;
}

function refreshTip() {
  if (pointedAt?.group.isConnected) showTip(pointedAt.group, pointedAt.item);
  else hideTip();
}

function tipLines(item) {
  if ("view" in item) return [views[item.view].title, noteOf(item), "Click to open."];
  if ("leaves" in item) return [item.name, item.leaves.slice(0, 12).map((i) => nodes[i].name).join(", ") + (item.leaves.length > 12 ? ", …" : "")];
  const i = item.node, node = nodes[i], lines = [];
  const { known, gradient } = session.shown;
  if (node.name !== node.short) lines.push(node.name);
  if (node.op) {
    lines.push(`${node.short} = ${inWords(node.expression)}`);
    if (known[i]) lines.push(`= ${inNumbers(node.expression, session.state.data)} = ${shown(session.state.data[i])}`);
  } else lines.push(`${node.kind === "constant" ? "constant" : node.short} = ${shown(session.state.data[i])}`);
  if (gradient[i] !== null && node.kind !== "constant" && !session.hidden.has(i))
    lines.push(`total ${total(i)} = ${chain(i)} = ${shown(gradient[i])}`);
  return lines.map((text) => (text.length > 160 ? text.slice(0, 159) + "…" : text));
}

// The chain rule for a node: ∂E/∂f · ∂f/∂q, a term for each use.
function chain(i) {
  if (i === root) return "1";
  const terms = uses[i].slice(0, 4).map(({ child }) => `${total(child)} · ${local(child, i)}`);
  return terms.join(" + ") + (uses[i].length > 4 ? " + …" : "");
}
