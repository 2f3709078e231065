// The loss over the epochs, on the training data and, dashed, on the test data, with a mark where
// something was changed.

class Curves {
  /** @param {Trainer} trainer */
  constructor(trainer) {
    this.trainer = trainer;
    this.canvas = the("curves");
    /** @type {{epoch: number, what: string}[]} */
    this.marks = []; // of changes
  }

  /** Note a change of the training. */
  note(/** @type {string} */ what) {
    this.marks.push({ epoch: this.trainer.epochs, what });
  }

  clear() {
    this.marks = [];
  }

  draw() {
    const { history } = this.trainer;
    const pen = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    pen.fillStyle = styled("--field");
    pen.fillRect(0, 0, width, height);
    const losses = history.flatMap((h) => [h.training.loss, h.test.loss]).filter(Number.isFinite);
    const most = Math.max(1e-12, ...losses.slice(0, 4000), ...losses.slice(-4000));
    const first = history[0]?.epoch ?? 0;
    const last = history.at(-1)?.epoch ?? 1;
    const x = (epoch) => 6 + ((width - 12) * (epoch - first)) / Math.max(1, last - first);
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = styled("--ink");
    pen.fillText(`${shown(most)}`, 4, 13);
    for (const { epoch, what } of this.marks) {
      pen.strokeStyle = styled("--line");
      pen.setLineDash([2, 3]);
      pen.beginPath();
      pen.moveTo(x(epoch), 16);
      pen.lineTo(x(epoch), height);
      pen.stroke();
      pen.fillText(what, Math.min(x(epoch) + 2, width - 8 * what.length), height - 4);
    }
    const every = Math.max(1, Math.floor(history.length / width));
    for (const part of ["training", "test"]) {
      const dash = part === "test" ? [5, 4] : [];
      pen.strokeStyle = css(part === "test" ? COLOURS[0] : COLOURS[1]);
      pen.lineWidth = 2;
      pen.setLineDash(dash);
      pen.beginPath();
      history.forEach((h, i) => {
        const y = height - 4 - ((height - 22) * h[part].loss) / most;
        if (i % every === 0 && Number.isFinite(y)) pen.lineTo(x(h.epoch), y);
      });
      pen.stroke();
    }
    pen.setLineDash([]);
  }
}
