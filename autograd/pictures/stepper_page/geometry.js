// Geometry: where the boxes of a view stand, and which of all arrangements makes them largest.
const BOX = { height: 58, group: 108, oval: 33, margin: 14, letter: 7.9, padding: 16, least: 6 };
const SMALLEST = 12.2 / 13; // the scale at which text is 12 pixels high
const LARGEST = 1.7;

const isGroup = (item) => !("node" in item);
const labelOf = (item) =>
  "node" in item
    ? nodes[item.node].kind === "constant"
      ? "constant"
      : nodes[item.node].short
    : (item.name ?? views[item.view].name);

const noteOf = (item) => ("view" in item ? views[item.view].note.split(",")[0] : item.note);
const prefixes = (words) => (words ? ["data ", "grad "] : ["", "∂ "]);

function numbersIn(i, words) {
  const [data, grad] = prefixes(words);
  return [data + shown(session.state.data[i]), grad + shown(session.gradient[i])];
}

// Where everything stands. Layers run from left to right, or where it is narrow downwards; a layer
// of more than `most` boxes stands in several rows.
function geometry(view, { across, words, most }) {
  const boxes = view.items.map((item) => ({
    width: widthOf(item, words),
    height: isGroup(item) ? BOX.group : BOX.height,
  }));
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
      const middled = most < Infinity ? (widest - spanOf(places[l]) * pitch) / 2 : 0;
      const offset = BOX.margin + row * pitch + (pitch - 10 - boxes[k][beside]) / 2 + middled;
      const depth = start + column * (extent + 12);
      Object.assign(boxes[k], across ? { x: depth, y: offset } : { x: offset, y: depth });
    }
    start += (1 + Math.max(...places[l].map(({ column }) => column))) * (extent + 12) - 12;
  });
  const end = (axis, extent) =>
    Math.max(...boxes.map((box) => box[axis] + box[extent])) + BOX.margin;
  return {
    boxes,
    across,
    words,
    most,
    size: { width: end("x", "width"), height: end("y", "height") },
  };
}

function layersOf(view) {
  const layers = [];
  view.layer.forEach((layer, k) => (layers[layer] ??= []).push(k));
  return layers
    .filter(Boolean)
    .map((layer) => layer.sort((a, b) => view.height[a] - view.height[b]));
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
  const numbers = isGroup(item) ? rangesIn(item) : numbersIn(item.node, words);
  const texts = [`${labelOf(item)} ◆`, ...(isGroup(item) ? [noteOf(item)] : []), ...numbers];
  return Math.max(BOX.least, ...texts.map((text) => text.length)) * BOX.letter + BOX.padding;
}

function rangesIn(item) {
  const members = nodesOf(item);
  const { state, gradient } = session;
  return [
    `data ${range(members.map((i) => state.data[i]))}`,
    `grad ${range(members.map((i) => gradient[i] ?? 0))}`,
  ];
}

// The layers between two items: from where to where each reaches, and what its boxes leave no room.
function passed(view, boxes, across, from, to) {
  const [along, beside] = across ? ["x", "y"] : ["y", "x"];
  const [extent, breadth] = across ? ["width", "height"] : ["height", "width"];
  const oval = across ? 2 * BOX.oval + 2 : 36;
  const found = [];
  for (let l = view.layer[from] + 1; l < view.layer[to]; l++) {
    const layer = boxes.filter((_, k) => view.layer[k] === l);
    if (!layer.length) continue;
    found.push({
      low: Math.min(...layer.map((box) => box[along])) - oval,
      high: Math.max(...layer.map((box) => box[along] + box[extent])),
      taken: layer.map((box) => [box[beside] - 5, box[beside] + box[breadth] + 5]),
    });
  }
  return found;
}

// An edge as a path; where its curve would run behind a box, from gap to gap between the boxes.
function wayBetween(start, end, layers, across) {
  const whole = curve(start, end, across);
  /** @type {(point: number[]) => [number, number]} along the layers, and beside them */
  const turned = ([x, y]) => (across ? [x, y] : [y, x]);
  const [from, to] = [turned(start), turned(end)];
  if (!layers.some((layer) => meets(from, to, layer))) return whole;
  const parts = [];
  let here = from;
  for (const { low, high, taken } of layers) {
    const share = ((low + high) / 2 - here[0]) / (to[0] - here[0]);
    const level = freeNear(here[1] + share * (to[1] - here[1]), taken);
    parts.push(curve(turned(here), turned([low, level]), across), `L${turned([high, level])}`);
    here = [high, level];
  }
  parts.push(curve(turned(here), end, across));
  return parts.map((part, k) => (k ? part.replace(/^M[^C]*/, "") : part)).join(" ");
}

// Whether the curve between two points, as `curve` draws it, meets a box of the layer.
function meets([a0, b0], [a1, b1], { low, high, taken }) {
  const bend = bendBetween(a0, a1);
  for (let t = 0; t <= 1; t += 1 / 32) {
    const u = 1 - t;
    const along = u ** 2 * (u * a0 + 3 * t * (a0 + bend)) + t ** 2 * (3 * u * (a1 - bend) + t * a1);
    const beside = b0 * u ** 2 * (1 + 2 * t) + b1 * t ** 2 * (3 - 2 * t);
    const inside = ([first, last]) => first + 3 < beside && beside < last - 3;
    if (low < along && along < high && taken.some(inside)) return true;
  }
  return false;
}

// The place nearest to the one wished for that no box takes.
function freeNear(wish, taken) {
  const free = (place) => taken.every(([first, last]) => place <= first || last <= place);
  const places = [wish, ...taken.flat()].filter(free);
  return places.reduce((a, b) => (Math.abs(b - wish) < Math.abs(a - wish) ? b : a));
}

// Sizes. Of all arrangements the one is taken in which the picture is largest.
function arrange() {
  const best = arrangements().reduce((a, b) => (b.scale > a.scale * 1.02 ? b : a));
  Object.assign(picture, { across: best.across, words: best.words, most: best.most });
  byId("main").className = best.kind;
  drawView();
  byId("picture").style.height =
    best.kind === "beside" ? `${best.height}px` : `${pictureHeight(best)}px`;
  setZoom(picture.byHand ? picture.zoom : Math.max(best.scale, SMALLEST));
}

function arrangements() {
  const { innerWidth, innerHeight } = window;
  const narrow = innerWidth <= 760,
    top = byId("main").getBoundingClientRect().top + window.scrollY;
  const rooms = narrow
    ? [{ kind: "stacked", width: innerWidth, height: 0.7 * innerHeight }]
    : [
        { kind: "wide", width: innerWidth, height: 0.48 * innerHeight },
        { kind: "beside", width: 0.6 * innerWidth, height: Math.max(360, innerHeight - top - 70) },
      ];
  const view = views[picture.view];
  const mosts = view.items.filter(isGroup).length > 6 ? [Infinity, 3, 4, 6] : [Infinity];
  const shapes = mosts.flatMap((most) =>
    [true, false].map((across) => ({ across, words: !narrow, most })),
  );
  return shapes.flatMap((shape) => {
    const { size } = geometry(view, shape);
    return rooms.map((room) => ({ ...room, ...shape, scale: scaleIn(room, size) }));
  });
}

const scaleIn = (room, size) =>
  Math.min(LARGEST, (room.width - 26) / size.width, (room.height - 20) / size.height);

const pictureHeight = ({ scale, height }) =>
  Math.min(height, Math.max(150, picture.size.height * Math.max(scale, SMALLEST) + 22));

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
  setZoom(scaleIn({ width: frame.clientWidth, height: frame.clientHeight }, picture.size));
}

function bringIntoView() {
  const frame = byId("picture"),
    { zoom, place } = picture;
  const box = place.boxes[watched()];
  if (!box) return;
  const reach = (from, extent, scroll, visible) => {
    const low = (from - (place.across ? 70 : 40)) * zoom,
      high = (from + extent + 14) * zoom;
    return low < scroll || high > scroll + visible ? (low + high - visible) / 2 : scroll;
  };
  frame.scrollLeft = reach(box.x, box.width, frame.scrollLeft, frame.clientWidth);
  frame.scrollTop = reach(box.y, box.height, frame.scrollTop, frame.clientHeight);
}

// The item of the step, or before the first one the first operation's first input.
function watched() {
  const view = views[picture.view],
    { node } = session.shown.step;
  if (session.focus !== null)
    return view.items.findIndex((item) => nodesOf(item).includes(session.focus));
  if (node === root && session.position === count + 1) return itemAt(view, count - 1);
  if (node !== null) return itemAt(view, placeOf.get(node) ?? -1);
  return view.edges.length ? view.edges[0][0] : 0;
}
