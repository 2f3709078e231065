// The data and what the model says of the plane of two inputs. All other inputs are those of the
// example that is followed. One pass over the plane gives the maps of all neurons, too.

const GRID = 40;

class Surface {
  /** @param {Trainer} trainer @param {() => void} changed called when points have changed */
  constructor(trainer, changed) {
    this.trainer = trainer;
    this.changed = changed;
    this.canvas = the("surface");
    this.axes = this.liveliest();
    this.most = 0; // how far the first output goes from 0
    this.followed = 0; // a training example
    this.cursor = [0.5, 0.5]; // for the keyboard
    this.small = new OffscreenCanvas(GRID, GRID); // one pixel for each place of the plane
    /** @type {number | null} */
    this.held = null; // the example that is being moved
    this.range = [
      [-1, 1],
      [-1, 1],
    ]; // of the plane
    this.maps = Array.from({ length: trainer.R.length }, () => new Float64Array(GRID * GRID));
    this.measure();
    this.listen();
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
    return two.length < 2 ? [0, 0] : two.sort((i, j) => i - j);
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
  }

  /** Run the model over the plane. */
  compute() {
    const row = Float64Array.from(this.example() ?? new Float64Array(this.trainer.inputs + 1));
    const [[left, right], [bottom, top]] = this.range;
    for (let j = 0; j < GRID; j++) {
      row[this.axes[1]] = top - ((j + 0.5) / GRID) * (top - bottom);
      for (let i = 0; i < GRID; i++) {
        row[this.axes[0]] = left + ((i + 0.5) / GRID) * (right - left);
        this.trainer.run(row);
        for (let k = 0; k < this.maps.length; k++) this.maps[k][j * GRID + i] = this.trainer.R[k];
      }
    }
    this.most = this.maps[1].reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0);
  }

  /** The example that is followed. */
  example() {
    const { rows } = this.trainer.training;
    return rows[Math.min(this.followed, rows.length - 1)];
  }

  draw() {
    const pen = this.canvas.getContext("2d");
    const image = pen.createImageData(GRID, GRID);
    for (let at = 0; at < GRID * GRID; at++) image.data.set(this.colourAt(at), 4 * at);
    this.small.getContext("2d")?.putImageData(image, 0, 0);
    const { width, height } = this.canvas;
    pen.fillStyle = styled("--field");
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(this.small, 0, 0, width, height);
    this.drawExamples(pen, this.trainer.test, false);
    this.drawExamples(pen, this.trainer.training, true);
    this.drawCursor(pen);
  }

  /** The colour of what the model says, paler where it is less sure. */
  colourAt(/** @type {number} */ at) {
    const { kind, threshold } = this.trainer.given.task;
    if (kind === "classes") {
      const says = this.maps.slice(1, 1 + this.trainer.outputs).map((map) => map[at]);
      const best = largest(says);
      const total = says.reduce((sum, x) => sum + Math.exp(x - says[best]), 0);
      return [...colourOf(best), Math.round(200 * (1 / total - 1 / says.length) + 20)];
    }
    const x = this.maps[1][at] - threshold;
    const sure =
      kind === "numbers" ? x / Math.max(1e-9, this.most) : Math.tanh(threshold ? 2 * x : x / 2);
    const [r, g, b, a] = signed(sure, 1);
    return [r, g, b, 0.75 * a];
  }

  drawExamples(
    /** @type {CanvasRenderingContext2D} */ pen,
    /** @type {Examples} */ examples,
    /** @type {boolean} */ filled,
  ) {
    pen.lineWidth = 1.5;
    examples.rows.forEach((row, i) => {
      const [x, y] = this.onCanvas(row);
      const which = this.trainer.classOf(row.subarray(this.trainer.inputs), 0);
      mark(pen, which, x, y, 4);
      const colour =
        this.trainer.given.task.kind === "numbers"
          ? css(signed(row[this.trainer.inputs], 1).slice(0, 3))
          : css(colourOf(which));
      pen.fillStyle = filled ? colour : "transparent";
      pen.strokeStyle = filled ? "#000" : colour;
      pen.fill();
      pen.stroke();
      if (filled && i === this.followed) {
        pen.strokeStyle = styled("--ink");
        pen.strokeRect(x - 8, y - 8, 16, 16);
      }
    });
  }

  drawCursor(/** @type {CanvasRenderingContext2D} */ pen) {
    if (document.activeElement !== this.canvas) return;
    const [x, y] = [this.cursor[0] * this.canvas.width, this.cursor[1] * this.canvas.height];
    pen.strokeStyle = styled("--ink");
    pen.beginPath();
    for (const [dx, dy] of [
      [8, 0],
      [0, 8],
    ]) {
      pen.moveTo(x - dx, y - dy);
      pen.lineTo(x + dx, y + dy);
    }
    pen.stroke();
  }

  /** Where an example stands, in pixels. */
  onCanvas(/** @type {Float64Array} */ row) {
    const [[left, right], [bottom, top]] = this.range;
    return [
      ((row[this.axes[0]] - left) / (right - left)) * this.canvas.width,
      ((top - row[this.axes[1]]) / (top - bottom)) * this.canvas.height,
    ];
  }

  /** What lies at a place of the canvas, both from 0 to 1. */
  inPlane(/** @type {number[]} */ [x, y]) {
    const [[left, right], [bottom, top]] = this.range;
    return [left + x * (right - left), top - y * (top - bottom)];
  }

  /** The training example nearest to a place, undefined where none is near. */
  nearest(/** @type {number[]} */ [x, y]) {
    const at = [x * this.canvas.width, y * this.canvas.height];
    let [best, least] = [-1, 15];
    this.trainer.training.rows.forEach((row, i) => {
      const [u, v] = this.onCanvas(row);
      const far = Math.hypot(u - at[0], v - at[1]);
      if (far < least) [best, least] = [i, far];
    });
    return best < 0 ? undefined : best;
  }

  /** Do at a place what the chosen tool does. */
  apply(/** @type {number[]} */ place) {
    const tool = the("tool").value;
    const { training } = this.trainer;
    const near = this.nearest(place);
    if (tool === "add") {
      const row = Float64Array.from(this.example() ?? new Float64Array(this.trainer.inputs));
      this.put(row, place);
      this.add(row, this.target());
    } else if (near === undefined) {
      return;
    } else if (tool === "follow") {
      this.followed = near;
    } else if (tool === "remove") {
      training.clean.splice(near, 1);
      this.edited();
    } else if (tool === "relabel") {
      training.clean[near].set(this.target(), this.trainer.inputs);
      this.edited();
    } else {
      this.held = near;
    }
    this.changed();
  }

  put(/** @type {Float64Array} */ row, /** @type {number[]} */ place) {
    const [x, y] = this.inPlane(place);
    row[this.axes[0]] = x;
    row[this.axes[1]] = y;
  }

  add(/** @type {Float64Array} */ row, /** @type {number[]} */ target) {
    const { training, inputs } = this.trainer;
    training.clean.push(Float64Array.from([...row.subarray(0, inputs), ...target]));
    this.edited();
  }

  /** The target that the reader has chosen for new examples. */
  target() {
    const { task } = this.trainer.given;
    if (task.targets) return task.targets[Number(the("class").value)];
    return Array(this.trainer.given.training.targets[0].length).fill(
      Number(the("class").value) || 0,
    );
  }

  /** Examples have changed: an epoch that had begun begins anew. */
  edited() {
    this.trainer.disturb(this.trainer.noise);
    this.trainer.order = [];
    this.trainer.last = [];
  }

  listen() {
    const place = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    this.canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) =>
      this.apply(place(e)),
    );
    this.canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ e) =>
      this.drag(place(e)),
    );
    addEventListener("pointerup", () => (this.held = null));
    this.canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const way = /** @type {any} */ (ways)[event.key];
      if (way) {
        this.cursor = this.cursor.map((x, i) => Math.min(1, Math.max(0, x + 0.025 * way[i])));
        this.drag(this.cursor);
      } else if (event.key === "Enter") {
        if (this.held === null) this.apply(this.cursor);
        else this.held = null;
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      this.changed();
    });
  }

  drag(/** @type {number[]} */ place) {
    if (this.held === null) return;
    this.put(this.trainer.training.clean[this.held], place);
    this.edited();
    this.changed();
  }
}
