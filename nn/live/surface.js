// What the model says of the plane of two inputs, and the examples in it. All other inputs are those
// of the example that is followed. One pass over the plane gives the maps of all neurons, too; it is
// computed a line at a time, and shown when it is whole. Of one input and one number to be met the plane
// is that of input and target, and what the model says is a curve in it.

const GRID = 40;

class Surface {
  /** @param {Trainer} trainer */
  constructor(trainer) {
    this.trainer = trainer;
    this.canvas = the("surface");
    const { inputs, outputs, given } = trainer;
    this.curve = inputs === 1 && outputs === 1 && given.task.kind === "numbers";
    this.axes = this.liveliest();
    this.most = 0; // how far the first output goes from 0
    this.strange = false; // whether there are places whose branch was not recorded
    this.followed = 0; // a training example
    this.cursor = [0.5, 0.5]; // for the keyboard
    this.range = [
      [-1, 1],
      [-1, 1],
    ]; // of the plane
    const maps = () =>
      Array.from({ length: trainer.R.length }, () => new Float64Array(GRID * GRID));
    this.maps = maps();
    this.next = maps(); // those that are being computed
    this.shown = trainer.inputs === 2 ? trainer.R.length : 1 + trainer.outputs;
    this.work = this.computing();
    this.small = new OffscreenCanvas(GRID, GRID); // one pixel for each place of the plane
    this.image = new ImageData(GRID, GRID);
    this.painted = false; // whether `small` shows the maps
    this.marks = new OffscreenCanvas(1, 1); // the examples
    this.marked = false; // whether it shows them as they are
    const size = fit(this.canvas);
    this.width = size[0];
    this.height = size[1];
    this.measure();
  }

  /** The two inputs that vary most among the training examples, in order. */
  liveliest() {
    const { rows } = this.trainer.training;
    const spread = Array.from({ length: this.trainer.inputs }, (_, i) => {
      const mean = rows.reduce((sum, row) => sum + row[i], 0) / rows.length;
      return [rows.reduce((sum, row) => sum + (row[i] - mean) ** 2, 0), i];
    });
    const two = spread
      .sort(([a], [b]) => b - a)
      .slice(0, 2)
      .map(([, i]) => i);
    return two.length < 2 ? [0, this.curve ? 1 : 0] : two.sort((i, j) => i - j);
  }

  /** The part of the plane that is shown: all examples and a tenth around them. */
  measure() {
    const rows = [...this.trainer.training.clean, ...this.trainer.test.clean];
    this.range = this.axes.map((axis) => {
      let [low, high] = [Infinity, -Infinity];
      for (const row of rows) [low, high] = [Math.min(low, row[axis]), Math.max(high, row[axis])];
      if (!(high >= low)) [low, high] = [-1, 1];
      const margin = high > low ? (high - low) / 10 : 0.5;
      return [low - margin, high + margin];
    });
    this.changed();
  }

  /** The plane, its size or the examples are others: a picture that had begun begins anew. */
  changed() {
    this.work = this.computing();
    this.marked = this.painted = false;
  }

  /** Run the model over the plane, a line at a time. */
  *computing() {
    const row = Float64Array.from(this.example() ?? new Float64Array(this.trainer.inputs + 1));
    const [[left, right], [bottom, top]] = this.range;
    const { R } = this.trainer;
    let strange = false;
    for (let j = 0; j < GRID; j++) {
      if (!this.curve) row[this.axes[1]] = top - ((j + 0.5) / GRID) * (top - bottom);
      for (let i = 0; i < GRID; i++) {
        row[this.axes[0]] = left + ((i + 0.5) / GRID) * (right - left);
        if (!this.trainer.run(row)) strange = true;
        for (let k = 1; k < this.shown; k++) this.next[k][j * GRID + i] = R[k];
      }
      yield;
    }
    [this.maps, this.next] = [this.next, this.maps];
    this.most = this.maps[1].reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0);
    this.strange = strange;
    this.painted = false;
  }

  /** A slice of the picture of the present numbers; returns whether it is whole, and begins anew. */
  compute() {
    if (!this.work.next().done) return false;
    this.work = this.computing();
    return true;
  }

  /** The example that is followed. */
  example() {
    const { rows } = this.trainer.training;
    return rows[Math.min(this.followed, rows.length - 1)];
  }

  /** The canvas has another size, or colours are others. */
  resize() {
    [this.width, this.height] = fit(this.canvas);
    this.changed();
  }

  draw() {
    if (!this.painted) this.paint();
    if (!this.marked) this.drawMarks();
    const pen = this.canvas.getContext("2d");
    const { width, height } = this;
    pen.fillStyle = styled("--field");
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingEnabled = true;
    if (!this.curve) pen.drawImage(this.small, 0, 0, width, height);
    pen.drawImage(this.marks, 0, 0, width, height);
    if (this.curve) this.drawCurve(pen);
    this.drawFollowed(pen);
    this.drawCursor(pen);
  }

  /** What the model says of each input. */
  drawCurve(/** @type {CanvasRenderingContext2D} */ pen) {
    const [left, right] = this.range[0];
    pen.strokeStyle = styled("--ink");
    pen.lineWidth = 2.5;
    pen.beginPath();
    for (let i = 0; i < GRID; i++) {
      const x = left + ((i + 0.5) / GRID) * (right - left);
      const said = this.maps[1][i]; // of the first line: all are alike
      if (Number.isFinite(said)) pen.lineTo(...this.onCanvas(Float64Array.of(x, said)));
    }
    pen.stroke();
  }

  /** The colours of what the model says, paler where it is less sure. */
  paint() {
    this.painted = true;
    const { kind, threshold } = this.trainer.given.task;
    const { data } = this.image;
    for (let at = 0; at < GRID * GRID; at++) {
      if (kind === "classes") {
        this.paintClass(data, at);
        continue;
      }
      const x = this.maps[1][at] - threshold;
      const sure =
        kind === "numbers" ? x / Math.max(1e-9, this.most) : Math.tanh(threshold ? 2 * x : x / 2);
      paintPixel(data, at, signOf(sure), 0.75 * Math.min(1, Math.abs(sure)));
    }
    this.small.getContext("2d")?.putImageData(this.image, 0, 0);
  }

  /** The likeliest class, by how far its probability is above chance. */
  paintClass(/** @type {Uint8ClampedArray} */ data, /** @type {number} */ at) {
    const { outputs } = this.trainer;
    let best = 1;
    for (let k = 2; k <= outputs; k++) if (this.maps[k][at] > this.maps[best][at]) best = k;
    let total = 0;
    for (let k = 1; k <= outputs; k++) total += Math.exp(this.maps[k][at] - this.maps[best][at]);
    const part = Number.isNaN(total) ? 0 : 0.08 + 0.78 * (1 / total - 1 / outputs);
    paintPixel(data, at, colourOf(best - 1), part);
  }

  /** All examples, on a picture of their own: it stays while the model trains. */
  drawMarks() {
    this.marked = true;
    this.marks.width = this.canvas.width;
    this.marks.height = this.canvas.height;
    const pen = this.marks.getContext("2d");
    if (!pen) return;
    pen.scale(this.canvas.width / this.width, this.canvas.height / this.height);
    this.drawExamples(pen, this.trainer.test, false);
    this.drawExamples(pen, this.trainer.training, true);
  }

  /** Training examples are filled; those of the test are hollow, so that they show on any colour. */
  drawExamples(
    /** @type {OffscreenCanvasRenderingContext2D} */ pen,
    /** @type {Examples} */ examples,
    /** @type {boolean} */ filled,
  ) {
    const { kind } = this.trainer.given.task;
    for (const row of examples.rows) {
      const [x, y] = this.onCanvas(row);
      const target = row.subarray(this.trainer.inputs);
      const which = this.trainer.classOf(target, 0);
      const colour = css(kind === "numbers" ? signOf(target[0]) : colourOf(which));
      mark(pen, which, x, y, 4);
      pen.strokeStyle = styled("--ink");
      pen.lineWidth = filled ? 1.5 : 3.5;
      pen.stroke();
      pen.fillStyle = filled ? colour : styled("--field");
      pen.fill();
      pen.strokeStyle = colour;
      pen.lineWidth = 2;
      if (!filled) pen.stroke();
    }
  }

  drawFollowed(/** @type {CanvasRenderingContext2D} */ pen) {
    const example = this.example();
    if (!example) return;
    const [x, y] = this.onCanvas(example);
    pen.strokeStyle = styled("--ink");
    pen.lineWidth = 2;
    pen.strokeRect(x - 8, y - 8, 16, 16);
  }

  drawCursor(/** @type {CanvasRenderingContext2D} */ pen) {
    if (document.activeElement !== this.canvas) return;
    const [x, y] = [this.cursor[0] * this.width, this.cursor[1] * this.height];
    pen.strokeStyle = styled("--ink");
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [dx, dy] of [
      [9, 0],
      [0, 9],
    ]) {
      pen.moveTo(x - dx, y - dy);
      pen.lineTo(x + dx, y + dy);
    }
    pen.stroke();
  }

  /**
   * Where an example stands, in pixels.
   * @returns {[number, number]}
   */
  onCanvas(/** @type {Float64Array} */ row) {
    const [[left, right], [bottom, top]] = this.range;
    return [
      ((row[this.axes[0]] - left) / (right - left)) * this.width,
      ((top - row[this.axes[1]]) / (top - bottom)) * this.height,
    ];
  }

  /** What lies at a place of the canvas, both from 0 to 1. */
  inPlane(/** @type {number[]} */ [x, y]) {
    const [[left, right], [bottom, top]] = this.range;
    return [left + x * (right - left), top - y * (top - bottom)];
  }

  /** The training example nearest to a place, undefined where none is near. */
  nearest(/** @type {number[]} */ [x, y]) {
    const at = [x * this.width, y * this.height];
    let [best, least] = [-1, 15];
    this.trainer.training.rows.forEach((row, i) => {
      const [u, v] = this.onCanvas(row);
      const far = Math.hypot(u - at[0], v - at[1]);
      if (far < least) [best, least] = [i, far];
    });
    return best < 0 ? undefined : best;
  }
}
