// The picture of one view: a box a node, its operation in an oval before it.
const BOX = { height: 58, group: 108, oval: 33, margin: 14, letter: 7.9, padding: 16, least: 6 };
const SMALLEST = 12.2 / 13; // the scale at which text is 12 pixels high
const picture = { view: 0, across: true, words: true, most: Infinity, zoom: 1, byHand: false, boxes: [], edges: [], svg: null, size: null };

const isGroup = (item) => !("node" in item);
const labelOf = (item) => ("node" in item ? nodes[item.node].kind === "constant" ? "constant" : nodes[item.node].short : item.name ?? views[item.view].name);

// Where everything stands. Layers run from left to right, or where it is narrow downwards; a layer
// of more than `most` boxes stands in several rows.
function geometry(view, { across, words, most }) {
  const boxes = view.items.map((item) => ({ width: widthOf(item, words), height: isGroup(item) ? BOX.group : BOX.height }));
  const layers = layersOf(view);
  const [along, beside] = across ? ["width", "height"] : ["height", "width"];
  const pitch = Math.max(...boxes.map((box) => box[beside])) + 10;
  const places = layers.map((layer) => placesIn(layer, view, most));
  const widest = Math.max(...places.flat().map(({ row }) => row)) * pitch;
  let start = BOX.margin;
  layers.forEach((layer, l) => {
    const extent = Math.max(...layer.map((k) => boxes[k][along]));
    if (l) start += gapBefore(layer, view, across);
    for (const { k, row, column } of places[l]) {
      boxes[k][along] = extent;
      const offset = BOX.margin + row * pitch + (pitch - 10 - boxes[k][beside]) / 2 + (most < Infinity ? (widest - spanOf(places[l]) * pitch) / 2 : 0);
      Object.assign(boxes[k], across ? { x: start + column * (extent + 12), y: offset } : { x: offset, y: start + column * (extent + 12) });
    }
    start += (1 + Math.max(...places[l].map(({ column }) => column))) * (extent + 12) - 12;
  });
  const end = (axis, extent) => Math.max(...boxes.map((box) => box[axis] + box[extent])) + BOX.margin;
  return { boxes, across, words, most, size: { width: end("x", "width"), height: end("y", "height") } };
}

function layersOf(view) {
  const layers = [];
  view.layer.forEach((layer, k) => (layers[layer] ??= []).push(k));
  return layers.filter(Boolean).map((layer) => layer.sort((a, b) => view.height[a] - view.height[b]));
}

function placesIn(layer, view, most) {
  if (most === Infinity) return layer.map((k) => ({ k, row: view.height[k], column: 0 }));
  const rows = Math.ceil(layer.length / Math.ceil(layer.length / most));
  return layer.map((k, n) => ({ k, row: n % rows, column: Math.floor(n / rows) }));
}

const spanOf = (places) => Math.max(...places.map(({ row }) => row));

function gapBefore(layer, view, across) {
  const ovals = layer.some((k) => !isGroup(view.items[k]) && nodes[view.items[k].node].op);
  return across ? (ovals ? 2 * BOX.oval + 40 : 48) : ovals ? 62 : 40;
}

function widthOf(item, words) {
  const texts = isGroup(item) ? [labelOf(item) + " ◆", noteOf(item), "data -0.99 … -0.99"] : [labelOf(item) + " ◆", ...numbersIn(item.node, words)];
  return Math.max(BOX.least, ...texts.map((text) => text.length)) * BOX.letter + BOX.padding;
}

const noteOf = (item) => ("view" in item ? views[item.view].note.split(",")[0] : item.note);
const prefixes = (words) => (words ? ["data ", "grad "] : ["", "∂ "]);

function numbersIn(i, words) {
  const [data, grad] = prefixes(words);
  return [data + shown(session.state.data[i]), grad + shown(session.gradient[i])];
}

function drawView() {
  const view = views[picture.view];
  const place = geometry(view, picture);
  const svg = drawn("svg", { viewBox: `0 0 ${place.size.width} ${place.size.height}`, role: "group", "aria-label": `Computation graph of ${nodes[root].short}: ${view.name}` });
  Object.assign(picture, { svg, size: place.size, place, edges: view.edges.map((edge) => drawEdge(view, place, edge)) });
  svg.append(...picture.edges.map((edge) => edge.path));
  picture.boxes = view.items.map((item, k) => drawItem(item, place, place.boxes[k]));
  svg.append(...picture.boxes.map((box) => box.group));
  byId("picture").replaceChildren(svg);
  drawTrail();
}

function drawEdge(view, { boxes, across }, [from, to, input, inputs]) {
  const a = boxes[from], b = boxes[to], oval = isGroup(view.items[to]) ? 0 : across ? 2 * BOX.oval + 2 : 36;
  const lift = (input - (inputs - 1) / 2) * Math.min(8, 36 / inputs);
  const d = across
    ? curve([a.x + a.width, a.y + a.height / 2], [b.x - oval, b.y + b.height / 2 + lift], true)
    : curve([a.x + a.width / 2, a.y + a.height], [b.x + b.width / 2 + lift, b.y - oval], false);
  return { path: drawn("path", { d, "data-from": from, "data-to": to }), from, to };
}

function curve([x0, y0], [x1, y1], across) {
  const bend = Math.max(26, (across ? x1 - x0 : y1 - y0) / 2);
  return across ? `M${x0},${y0} C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}` : `M${x0},${y0} C${x0},${y0 + bend} ${x1},${y1 - bend} ${x1},${y1}`;
}

function drawItem(item, place, { x, y, width, height }) {
  const group = drawn("g", { class: `node ${classOf(item)}`, tabindex: 0, role: "button", "aria-label": labelOf(item), "data-node": item.node ?? null });
  if (!isGroup(item) && nodes[item.node].op) group.append(...drawOperation(nodes[item.node].op, place.across, { x, y, width, height }));
  group.append(drawn("rect", { x, y, width, height, rx: 4 }));
  const put = (row, kind, text = "") => {
    const made = drawn("text", { x: x + BOX.padding / 2, y: y + row * 16, class: kind, text });
    group.append(made);
    return made;
  };
  put(1, "name", labelOf(item));
  const box = { item, group, number: put(isGroup(item) ? 3 : 2, "data"), gradient: put(isGroup(item) ? 4 : 3, "grad") };
  if (isGroup(item)) Object.assign(box, { note: put(2, "note", noteOf(item)), bars: drawBars(group, { x, y, width }) });
  group.append(drawn("text", { x: x + width - 16, y: y + 16, class: "marker", text: "◆" }));
  listen(group, item);
  return box;
}

function classOf(item) {
  if (isGroup(item)) return `${"view" in item ? "group-node" : "bundle-node"}${item.outside ? " outside" : ""}`;
  const { kind } = nodes[item.node];
  return `${kind === "leaf" ? "leaf-node" : kind}${item.outside ? " outside" : ""}`;
}

function drawOperation(op, across, { x, y, width, height }) {
  const cx = across ? x - BOX.oval - 2 : x + width / 2, cy = across ? y + height / 2 : y - 22;
  const stem = across ? `M${x - 6},${cy} L${x},${cy}` : `M${cx},${y - 8} L${cx},${y}`;
  return [drawn("path", { d: stem }), drawn("ellipse", { cx, cy, rx: BOX.oval, ry: 14 }),
    drawn("text", { x: cx, y: cy + 4, class: "op-text", text: op.length > 9 ? op.slice(0, 8) + "…" : op })];
}

const BARS = 64; // results of a group that are drawn, each as a bar up or down
function drawBars(group, { x, y, width }) {
  const bars = drawn("path", { class: "bars", "data-base": `${x + 8},${y + 88}`, "data-width": width - 16 });
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
  Object.assign(picture, { across: best.across, words: best.words, most: best.most });
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
  const view = views[picture.view];
  const mosts = view.items.filter(isGroup).length > 6 ? [Infinity, 3, 4, 6] : [Infinity];
  const shapes = mosts.flatMap((most) => [true, false].map((across) => ({ across, words: !narrow, most })));
  return shapes.map((shape) => ({ ...shape, size: geometry(view, shape).size })).flatMap(({ size, ...shape }) =>
    rooms.map((room) => ({ ...room, ...shape, scale: Math.min(1.7, (room.width - 26) / size.width, (room.height - 20) / size.height) })));
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
  const box = place.boxes[watched()];
  if (!box) return;
  const reach = (from, extent, scroll, visible) => {
    const low = (from - (place.across ? 70 : 40)) * zoom, high = (from + extent + 14) * zoom;
    return low < scroll || high > scroll + visible ? (low + high - visible) / 2 : scroll;
  };
  frame.scrollLeft = reach(box.x, box.width, frame.scrollLeft, frame.clientWidth);
  frame.scrollTop = reach(box.y, box.height, frame.scrollTop, frame.clientHeight);
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
  if ("view" in item) return [views[item.view].title, views[item.view].note, "Click to open."];
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
