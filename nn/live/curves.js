// The loss over the epochs, on the training data and, dashed, on the test data, with a mark where
// something was changed.

const MOST_NOTES = 40;

/** Where epochs and losses stand on a picture, and what its axes say. */
function lossScale(
  /** @type {any[]} */ history,
  /** @type {number} */ width,
  /** @type {number} */ height,
) {
  let most = 0;
  for (const { training, test } of history)
    for (const { loss } of [training, test]) if (Number.isFinite(loss)) most = Math.max(most, loss);
  const first = history[0]?.epoch ?? 0;
  const last = history.at(-1)?.epoch ?? first;
  return {
    most,
    first,
    last,
    x: (/** @type {number} */ epoch) => 6 + ((width - 12) * (epoch - first)) / (last - first || 1),
    y: (/** @type {number} */ loss) => height - 20 - ((height - 40) * loss) / (most || 1),
  };
}

class Curves {
  /** @param {Trainer} trainer */
  constructor(trainer) {
    this.trainer = trainer;
    this.canvas = the("curves");
    /** @type {{epoch: number, what: string}[]} */
    this.marks = []; // of changes
    this.drawn = ""; // what the picture shows
    const size = fit(this.canvas);
    this.width = size[0];
    this.height = size[1];
  }

  /** Note a change of the training. */
  note(/** @type {string} */ what) {
    this.marks = [...this.marks, { epoch: this.trainer.epochs, what }].slice(-MOST_NOTES);
    this.drawn = "";
  }

  clear() {
    this.marks = [];
    this.drawn = "";
  }

  /** The canvas has another size, or colours are others. */
  resize() {
    [this.width, this.height] = fit(this.canvas);
    this.drawn = "";
  }

  draw() {
    const { history } = this.trainer;
    const now = `${history.length} ${history.at(-1)?.epoch}`;
    if (now === this.drawn) return;
    this.drawn = now;
    const pen = this.canvas.getContext("2d");
    const { width, height } = this;
    const scale = lossScale(history, width, height);
    pen.fillStyle = styled("--field");
    pen.fillRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    this.drawAxes(pen, scale);
    this.drawNotes(pen, scale);
    for (const part of ["test", "training"]) this.drawCurve(pen, scale, part);
  }

  drawAxes(pen, scale) {
    const { width, height } = this;
    pen.fillStyle = styled("--ink");
    pen.strokeStyle = styled("--line");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(6, height - 19.5);
    pen.lineTo(width - 6, height - 19.5);
    pen.stroke();
    if (scale.last === scale.first && !scale.most) {
      pen.fillText("No epoch has ended yet.", 6, 15);
      return;
    }
    pen.fillText(shown(scale.most), 6, 13);
    pen.fillText(`epoch ${scale.first}`, 6, height - 6);
    if (scale.last === scale.first) return;
    pen.textAlign = "right";
    pen.fillText(String(scale.last), width - 6, height - 6);
    pen.textAlign = "left";
  }

  /** What was changed, each above the one before so that they can be read. */
  drawNotes(pen, scale) {
    this.marks
      .filter(({ epoch }) => epoch >= scale.first && epoch <= scale.last)
      .forEach(({ epoch, what }, i) => {
        const x = scale.x(epoch);
        const after = x < this.width / 2;
        pen.setLineDash([2, 3]);
        pen.beginPath();
        pen.moveTo(x, 18);
        pen.lineTo(x, this.height - 20);
        pen.stroke();
        pen.textAlign = after ? "left" : "right";
        pen.fillText(what, x + (after ? 3 : -3), 28 + 13 * (i % 5));
      });
    pen.textAlign = "left";
    pen.setLineDash([]);
  }

  drawCurve(pen, scale, part) {
    pen.strokeStyle = css(COLOURS[part === "test" ? 0 : 1]);
    pen.lineWidth = 2;
    pen.setLineDash(part === "test" ? [5, 4] : []);
    pen.beginPath();
    for (const each of this.trainer.history) {
      const { loss } = each[part];
      if (Number.isFinite(loss)) pen.lineTo(scale.x(each.epoch), scale.y(loss));
    }
    pen.stroke();
    pen.setLineDash([]);
  }
}
