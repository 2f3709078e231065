// The network: layers from left to right, weights as lines whose width is their size, dashed where
// they are negative, and each neuron as a button with its own map of the plane, or the histogram of
// what it says of the examples.

const UNIT = 34;

class Network {
  /** @param {Trainer} trainer @param {(chosen: any) => void} choose */
  constructor(trainer, choose) {
    this.trainer = trainer;
    this.choose = choose;
    this.box = the("network");
    this.columns = trainer.given.wiring.columns;
    let r = 1 + trainer.outputs;
    this.units = this.columns.map((column, c) =>
      (c ? column.operations : column.names).map((_, row) => ({
        c,
        row,
        r: c ? r++ : -1,
        canvas: null,
      })),
    );
    this.edges = trainer.given.wiring.edges.map(([p, c, i, d, j]) => ({
      p,
      from: [c, i],
      to: [d, j],
      line: null,
    }));
    this.images = this.firstImages();
    /** @type {number[][]} */
    this.said = []; // what each unit says of the examples
    this.fresh = false; // whether the histograms are those of the present numbers
    this.width = 0;
    this.height = 0;
    this.build();
  }

  /** Where the inputs are a square image, the weights of the first neurons are images. */
  firstImages() {
    const side = Math.round(Math.sqrt(this.trainer.inputs));
    return this.trainer.inputs > 16 && side * side === this.trainer.inputs ? side : 0;
  }

  /** Whether an end of an edge is shown. */
  known(/** @type {number[]} */ [c, i]) {
    return this.units[c]?.[i] !== undefined;
  }

  nameOf(/** @type {number[]} */ [c, i]) {
    return c ? `${this.columns[c].title || "unit"}[${i}]` : this.trainer.given.inputs[i];
  }

  place(/** @type {number[]} */ [c, i]) {
    const count = this.units[c].length;
    const x = 56 + (c * (this.width - 100)) / Math.max(1, this.columns.length - 1);
    return [x, 34 + (this.height - 40) * ((i + 0.5) / count)];
  }

  build() {
    const rows = Math.max(
      ...this.units.map((column, c) => (c || !this.images ? column.length : 1)),
    );
    this.width = Math.max(this.box.clientWidth - 4, 90 * this.columns.length);
    this.height = Math.max(220, rows * (UNIT + 6) + 50);
    this.box.replaceChildren();
    this.fresh = false;
    for (const edge of this.edges) edge.now = edge.width = undefined;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("width", String(this.width));
    svg.setAttribute("height", String(this.height));
    svg.setAttribute("aria-hidden", "true");
    this.box.append(svg);
    for (const edge of this.edges) if (!this.images || edge.from[0]) this.addEdge(svg, edge);
    this.units.forEach((column, c) => {
      const [x] = this.place([c, 0]);
      const { title, count } = this.columns[c];
      const some = count > column.length && (c || !this.images);
      const more = some ? ` (${column.length} of ${count})` : "";
      this.box.append(
        element("span", { className: "layer", text: title + more, style: `left:${x}px` }),
      );
      if (c || !this.images) column.forEach((unit) => this.addUnit(unit));
      else this.addImage(x);
    });
  }

  addEdge(svg, edge) {
    if (!this.known(edge.from) || !this.known(edge.to)) return;
    const [[x, y], [u, v]] = [this.place(edge.from), this.place(edge.to)];
    const [a, b] = [x + (edge.from[0] ? UNIT / 2 : 48), u - UNIT / 2];
    const draw = (name) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute("d", `M${a},${y}C${(a + b) / 2},${y} ${(a + b) / 2},${v} ${b},${v}`);
      line.setAttribute("class", name);
      svg.append(line);
      return line;
    };
    edge.line = draw("weight");
    const target = draw("target"); // wide enough for a finger
    target.addEventListener("pointerenter", () => this.choose({ p: edge.p, passing: true }));
    target.addEventListener("click", () => this.choose({ p: edge.p }));
  }

  addUnit(unit) {
    const [x, y] = this.place([unit.c, unit.row]);
    const name = this.nameOf([unit.c, unit.row]);
    const wide = unit.c ? UNIT / 2 : 48;
    const style = `left:${x - wide}px;top:${y - UNIT / 2}px`;
    const button = element("button", {
      className: unit.c ? "unit" : "unit input",
      title: name,
      style,
    });
    button.setAttribute("aria-label", name);
    if (unit.c) {
      const side = this.sideOf(unit);
      unit.canvas = element("canvas", { width: side, height: side });
      button.append(unit.canvas);
      button.addEventListener("click", () => this.choose({ unit }));
    } else {
      button.append(name);
      button.disabled = true;
    }
    this.box.append(button);
  }

  /** How many pixels wide the picture in a unit is; the page makes them larger. */
  sideOf(unit) {
    if (this.trainer.inputs === 2) return GRID;
    return this.images && unit.c === 1 ? this.images : UNIT;
  }

  /** The example that is followed, as an image of the inputs. */
  addImage(x) {
    this.image = element("canvas", {
      width: this.images,
      height: this.images,
      className: "image",
      style: `left:${x - 32}px;top:${this.height / 2 - 32}px`,
    });
    this.image.setAttribute("role", "img");
    this.image.setAttribute("aria-label", "the inputs of the example that is followed");
    this.box.append(this.image);
  }

  /** Draw widths, signs and maps from the present numbers; `chosen` is what is looked at. */
  draw(/** @type {Surface} */ surface, /** @type {any} */ chosen) {
    const { P } = this.trainer;
    let most = 1e-9;
    for (const edge of this.edges) if (edge.line) most = Math.max(most, Math.abs(P[edge.p]) || 0);
    for (const edge of this.edges) {
      if (!edge.line) continue;
      const now = `${P[edge.p] < 0 ? "negative" : ""} ${edge.p === chosen?.p ? "chosen" : ""}`;
      const width = (0.4 + (5 * (Math.abs(P[edge.p]) || 0)) / most).toFixed(1);
      if (edge.now !== now) edge.line.setAttribute("class", `weight ${(edge.now = now)}`);
      if (edge.width !== width) edge.line.setAttribute("stroke-width", (edge.width = width));
    }
    const plane = this.trainer.inputs === 2;
    if (!plane && !this.fresh) this.sample();
    for (const unit of this.units.flat()) {
      if (!unit.canvas) continue;
      if (plane) this.paint(unit.canvas, surface.maps[unit.r]);
      else if (this.images && unit.c === 1) this.paint(unit.canvas, this.weightsInto(unit));
      else if (!this.fresh) this.drawHistogram(unit);
    }
    this.fresh = true;
    const example = surface.example();
    if (this.image && example) this.paint(this.image, example.subarray(0, this.trainer.inputs));
  }

  weightsInto(unit) {
    const found = new Float64Array(this.trainer.inputs);
    for (const { p, from, to } of this.edges)
      if (!from[0] && to[0] === unit.c && to[1] === unit.row) found[from[1]] = this.trainer.P[p];
    return found;
  }

  /** Paint a square of numbers, each as a pixel: paler towards 0. */
  paint(canvas, numbers) {
    let most = 1e-9;
    for (let k = 0; k < numbers.length; k++) most = Math.max(most, Math.abs(numbers[k]) || 0);
    const pen = canvas.getContext("2d");
    canvas.image ??= pen.createImageData(canvas.width, canvas.height);
    for (let k = 0; k < numbers.length; k++)
      paintPixel(canvas.image.data, k, signOf(numbers[k]), Math.abs(numbers[k]) / most);
    pen.putImageData(canvas.image, 0, 0);
  }

  /** What the units say of up to 100 training examples. */
  sample() {
    const { rows } = this.trainer.training;
    const every = Math.max(1, Math.ceil(rows.length / 100));
    /** @type {number[][]} */
    const said = (this.said = Array.from(this.trainer.R, () => []));
    for (let i = 0; i < rows.length; i += every) {
      this.trainer.run(rows[i]);
      this.trainer.R.forEach((x, k) => said[k].push(x));
    }
  }

  drawHistogram(unit) {
    const { low, high, counts } = histogram(this.said[unit.r] ?? []);
    const pen = unit.canvas.getContext("2d");
    pen.clearRect(0, 0, UNIT, UNIT);
    const most = Math.max(1, ...counts);
    counts.forEach((n, i) => {
      pen.fillStyle = css(signOf(low + ((i + 0.5) / 8) * (high - low)));
      pen.fillRect(1 + 4 * i, UNIT - 2 - (30 * n) / most, 3, (30 * n) / most);
    });
  }
}

/** How many numbers fall into each of eight bins between the least and the largest. */
function histogram(/** @type {number[]} */ numbers) {
  const finite = numbers.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const counts = new Array(8).fill(0);
  for (const x of finite) {
    const part = high > low ? (x - low) / (high - low) : 0;
    counts[Math.min(7, Math.floor(8 * part))]++;
  }
  return finite.length ? { low, high, counts } : { low: 0, high: 0, counts };
}
