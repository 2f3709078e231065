// The loop: in each frame training for some milliseconds, then a slice of the picture of the plane,
// then what has changed is drawn. No slice is long, so that the page answers at any time.

const FRAME = 12; // milliseconds of training between two pictures, at least, and at most
const LONGEST = 40; // where pictures take long: then half of the time goes into training
const PLANE = 5; // milliseconds of the plane
const CALM = 500; // milliseconds between pictures for readers who want less motion

class Loop {
  /** @param {Trainer} trainer @param {Surface} surface @param {() => void} show */
  constructor(trainer, surface, show) {
    this.trainer = trainer;
    this.surface = surface;
    this.show = show;
    this.playing = false;
    this.wanted = ""; // "step" or "epoch": what is to end yet
    this.stale = true; // the picture is older than the numbers
    this.plane = true; // the plane is older than the numbers
    this.due = 0; // when the next picture may come
    this.last = 0; // when the last frame began
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    requestAnimationFrame(() => this.frame());
  }

  /** Something has changed: draw it. */
  refresh() {
    this.stale = this.plane = true;
    this.due = 0;
  }

  play(/** @type {boolean} */ on) {
    this.playing = on;
    this.wanted = "";
    this.refresh();
  }

  /** Train to the end of a step or an epoch: at once if it is short, else in the frames to come. */
  until(/** @type {string} */ what) {
    this.wanted ||= what;
    this.train(FRAME);
    this.refresh();
  }

  frame() {
    const now = performance.now();
    const time = Math.min(LONGEST, Math.max(FRAME, (now - this.last) / 2));
    this.last = now;
    if (this.playing || this.wanted) this.train(time);
    else if (!this.trainer.fresh) this.measure();
    if (this.plane && this.slices(PLANE, () => this.surface.compute())) {
      this.plane = this.playing || Boolean(this.wanted);
      this.stale = true;
    }
    if (this.stale && now >= this.due) {
      this.stale = false;
      this.due = this.playing && this.calm.matches ? now + CALM : 0;
      this.show();
    }
    requestAnimationFrame(() => this.frame());
  }

  /** Do slices of work until one ends it or the time is over; returns whether it has ended. */
  slices(/** @type {number} */ time, /** @type {() => boolean} */ slice) {
    const end = performance.now() + time;
    do if (slice()) return true;
    while (performance.now() < end);
    return false;
  }

  train(/** @type {number} */ time) {
    this.slices(time, () => {
      const ended = this.trainer.advance();
      if (this.playing || (ended !== this.wanted && ended !== "epoch")) return false;
      this.wanted = "";
      return true;
    });
    this.stale = this.plane = true;
  }

  measure() {
    if (this.slices(FRAME, () => Boolean(this.trainer.look.next().done))) this.stale = true;
  }
}
