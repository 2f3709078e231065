// The examples by hand: followed, added, moved, removed, relabelled, with the mouse or a finger on the
// plane, or with the keys: arrows move a cross, N and P take it to the next example, Enter acts.

class Points {
  /** @param {Surface} surface @param {() => void} changed called when the picture is to be renewed */
  constructor(surface, changed) {
    this.surface = surface;
    this.trainer = surface.trainer;
    this.changed = changed;
    /** @type {number | null} */
    this.held = null; // the example that is being moved
    this.listen(surface.canvas);
  }

  /** Do at a place, both from 0 to 1, what the chosen tool does. */
  apply(/** @type {number[]} */ place) {
    const tool = the("tool").value;
    const { training, inputs } = this.trainer;
    const near = this.surface.nearest(place);
    if (tool === "add") {
      const row = Float64Array.from(this.surface.example() ?? new Float64Array(inputs + 1));
      this.put(row, place);
      const target = this.surface.curve ? row.subarray(inputs) : this.target();
      training.clean.push(Float64Array.from([...row.subarray(0, inputs), ...target]));
      this.edited();
    } else if (near === undefined) {
      return;
    } else if (tool === "follow") {
      this.follow(near);
    } else if (tool === "remove") {
      training.clean.splice(near, 1);
      this.edited();
    } else if (tool === "relabel") {
      training.clean[near].set(this.target(), inputs);
      this.edited();
    } else {
      this.held = near;
    }
    this.changed();
  }

  /** Follow an example: the one of this number, or the last. */
  follow(/** @type {number} */ i) {
    this.surface.followed = Math.max(0, Math.min(i, this.trainer.training.rows.length - 1));
    the("followed").value = this.surface.followed;
    this.surface.changed();
    this.changed();
  }

  put(/** @type {Float64Array} */ row, /** @type {number[]} */ place) {
    const [x, y] = this.surface.inPlane(place);
    row[this.surface.axes[1]] = y;
    row[this.surface.axes[0]] = x; // the last: of a single input it is what counts
  }

  /** The target that the reader has chosen for new examples. */
  target() {
    const { task, training } = this.trainer.given;
    if (task.targets) return task.targets[Number(the("class").value)];
    const x = Number(the("class").value.replace(",", "."));
    return Array(training.targets[0].length).fill(Number.isFinite(x) ? x : 0);
  }

  edited() {
    this.trainer.disturb(this.trainer.noise);
    this.trainer.edited();
    const { length } = this.trainer.training.rows;
    the("followed").max = String(Math.max(0, length - 1));
    this.follow(this.surface.followed);
  }

  drag(/** @type {number[]} */ place) {
    if (this.held === null) return;
    this.put(this.trainer.training.clean[this.held], place);
    this.edited();
  }

  /** Take the cross to the next example, or with -1 to the one before, and follow it. */
  walk(/** @type {number} */ by) {
    const { length } = this.trainer.training.rows;
    if (!length) return;
    this.follow((this.surface.followed + by + length) % length);
    const [x, y] = this.surface.onCanvas(this.surface.example());
    this.surface.cursor = [x / this.surface.width, y / this.surface.height];
  }

  listen(/** @type {HTMLCanvasElement} */ canvas) {
    const place = (/** @type {PointerEvent} */ event) => {
      const box = canvas.getBoundingClientRect();
      const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      return at.map((x) => Math.min(1, Math.max(0, x)));
    };
    canvas.addEventListener("pointerdown", (event) => {
      this.surface.cursor = place(event);
      this.apply(this.surface.cursor);
    });
    addEventListener("pointermove", (event) => this.drag(place(event)));
    for (const end of ["pointerup", "pointercancel"])
      addEventListener(end, () => (this.held = null));
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    canvas.addEventListener("focus", () => this.changed());
    canvas.addEventListener("blur", () => {
      this.held = null;
      this.changed();
    });
  }

  pressed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = /** @type {Record<string, number[]>} */ ({
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    })[event.key];
    if (way) {
      const moved = (/** @type {number} */ x, /** @type {number} */ i) =>
        Math.min(1, Math.max(0, x + 0.025 * way[i]));
      this.surface.cursor = this.surface.cursor.map(moved);
      this.drag(this.surface.cursor);
    } else if (event.key === "Enter") {
      if (this.held === null) this.apply(this.surface.cursor);
      else this.held = null;
    } else if (["n", "p"].includes(event.key)) {
      this.walk(event.key === "n" ? 1 : -1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.changed();
  }
}
