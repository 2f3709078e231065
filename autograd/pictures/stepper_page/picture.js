// The picture of one view: a box a node, its operation in an oval before it.
const picture = {
  view: 0,
  across: true,
  words: true,
  most: Infinity,
  zoom: 1,
  byHand: false,
  boxes: [],
  edges: [],
  svg: null,
  size: null,
};

function drawView() {
  const view = views[picture.view];
  const place = geometry(view, picture);
  const svg = drawn("svg", {
    viewBox: `0 0 ${place.size.width} ${place.size.height}`,
    role: "group",
    "aria-label": `Computation graph of ${nodes[root].short}: ${view.name}`,
  });
  Object.assign(picture, {
    svg,
    size: place.size,
    place,
    edges: view.edges.map((edge) => drawEdge(view, place, edge)),
  });
  svg.append(...picture.edges.map((edge) => edge.path));
  picture.boxes = view.items.map((item, k) => drawItem(item, place, place.boxes[k]));
  svg.append(...picture.boxes.map((box) => box.group));
  byId("picture").replaceChildren(svg);
  drawTrail();
}

function drawEdge(view, { boxes, across }, [from, to, input, inputs]) {
  const a = boxes[from],
    b = boxes[to],
    oval = isGroup(view.items[to]) ? 0 : across ? 2 * BOX.oval + 2 : 36;
  const lift = (input - (inputs - 1) / 2) * Math.min(8, 36 / inputs);
  const [start, end] = across
    ? [
        [a.x + a.width, a.y + a.height / 2],
        [b.x - oval, b.y + b.height / 2 + lift],
      ]
    : [
        [a.x + a.width / 2, a.y + a.height],
        [b.x + b.width / 2 + lift, b.y - oval],
      ];
  const d = wayBetween(start, end, passed(view, boxes, across, from, to), across);
  return { path: drawn("path", { d, "data-from": from, "data-to": to }), from, to };
}

const bendBetween = (from, to) => Math.max(26, (to - from) / 2);

function curve([x0, y0], [x1, y1], across) {
  const bend = across ? bendBetween(x0, x1) : bendBetween(y0, y1);
  return across
    ? `M${x0},${y0} C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`
    : `M${x0},${y0} C${x0},${y0 + bend} ${x1},${y1 - bend} ${x1},${y1}`;
}

function drawItem(item, place, { x, y, width, height }) {
  const group = drawn("g", {
    class: `node ${classOf(item)}`,
    tabindex: 0,
    role: "button",
    "aria-label": labelOf(item),
    "data-node": item.node ?? null,
  });
  if (!isGroup(item) && nodes[item.node].op)
    group.append(...drawOperation(nodes[item.node].op, place.across, { x, y, width, height }));
  group.append(drawn("rect", { x, y, width, height, rx: 4 }));
  const put = (row, kind, text = "") => {
    const made = drawn("text", { x: x + BOX.padding / 2, y: y + row * 16, class: kind, text });
    group.append(made);
    return made;
  };
  put(1, "name", labelOf(item));
  const box = {
    item,
    group,
    number: put(isGroup(item) ? 3 : 2, "data"),
    gradient: put(isGroup(item) ? 4 : 3, "grad"),
  };
  if (isGroup(item))
    Object.assign(box, {
      note: put(2, "note", noteOf(item)),
      bars: drawBars(group, { x, y, width }),
    });
  group.append(drawn("text", { x: x + width - 16, y: y + 16, class: "marker", text: "◆" }));
  listen(group, item);
  return box;
}

function classOf(item) {
  if (isGroup(item))
    return `${"view" in item ? "group-node" : "bundle-node"}${item.outside ? " outside" : ""}`;
  const { kind } = nodes[item.node];
  return `${kind === "leaf" ? "leaf-node" : kind}${item.outside ? " outside" : ""}`;
}

function drawOperation(op, across, { x, y, width, height }) {
  const cx = across ? x - BOX.oval - 2 : x + width / 2,
    cy = across ? y + height / 2 : y - 22;
  const stem = across ? `M${x - 6},${cy} L${x},${cy}` : `M${cx},${y - 8} L${cx},${y}`;
  return [
    drawn("path", { d: stem }),
    drawn("ellipse", { cx, cy, rx: BOX.oval, ry: 14 }),
    drawn("text", {
      x: cx,
      y: cy + 4,
      class: "op-text",
      text: op.length > 9 ? `${op.slice(0, 8)}…` : op,
    }),
  ];
}

const BARS = 64; // results of a group that are drawn, each as a bar up or down
function drawBars(group, { x, y, width }) {
  const bars = drawn("path", {
    class: "bars",
    "data-base": `${x + 8},${y + 88}`,
    "data-width": width - 16,
  });
  group.append(bars);
  return bars;
}

function barsOf(path, numbers) {
  const [x, y] = path.dataset.base.split(",").map(Number);
  const some = numbers.slice(0, BARS).map((n) => (Number.isFinite(n) ? n : 0));
  const largest = Math.max(...some.map(Math.abs)) || 1,
    step = path.dataset.width / some.length;
  const half = Math.min(0.45 * step, 3);
  return some
    .map((n, k) => {
      const middle = x + (k + 0.5) * step;
      return `M${middle - half},${y} h${2 * half} v${(-15 * n) / largest} h${-2 * half} z`;
    })
    .join("");
}

function listen(group, item) {
  group.addEventListener("click", () => choose(item));
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    choose(item);
  });
  for (const kind of ["mouseenter", "focus"])
    group.addEventListener(kind, () => showTip(group, item));
  for (const kind of ["mouseleave", "blur"]) group.addEventListener(kind, hideTip);
}

// A click goes to a node's step; where it is already, to its other step. A group opens.
function choose(item) {
  if ("view" in item) return openView(item.view);
  if (currentTab === "quiz" && asking.left.has(item.node ?? item.leaves[0]))
    return askAbout(item.node ?? item.leaves[0]);
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
  const links = steps.map((v, k) =>
    button(views[v].name, () => openView(v), {
      "aria-current": k === steps.length - 1 ? "true" : null,
    }),
  );
  byId("trail").replaceChildren(...links);
  byId("trail").hidden = steps.length === 1 && views.length === 1;
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
    const current =
      session.focus === null && to === now && (step.kind === "forward" || step.kind === "backward");
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
  const back = members
    .filter((i) => gradient[i] !== null && nodes[i].kind !== "constant" && !session.hidden.has(i))
    .map((i) => gradient[i]);
  setText(number, `data ${range(done)}`);
  setText(below, `grad ${range(back)}`);
  bars.setAttribute(
    "d",
    done.length
      ? barsOf(
          bars,
          members.map((i) => (known[i] ? session.state.data[i] : 0)),
        )
      : "",
  );
  group.classList.toggle("waiting", !done.length);
}

const brief = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(2))) : shown(x));
function range(numbers) {
  if (!numbers.length) return "–";
  const low = brief(Math.min(...numbers)),
    high = brief(Math.max(...numbers));
  return low === high ? low : `${low} … ${high}`;
}
