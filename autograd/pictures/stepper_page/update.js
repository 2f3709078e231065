// Update: x ← x − η · gradient. Forward, backward, a step, again; and the results as a curve.
const training = { rate: 0.1, results: [] };
const moving = () => leaves.filter((i) => !session.still.has(i));
const moved = (i) => session.numbers[i] - training.rate * session.gradient[i];

function update(times) {
  for (let k = 0; k < times; k++) {
    if (!training.results.length) training.results.push(session.state.data[root]);
    for (const [i, x] of moving().map((j) => [j, moved(j)])) session.numbers[i] = x;
    recompute();
    training.results.push(session.state.data[root]);
  }
  refreshLeaves();
}

function forgetUpdates() {
  training.results = [];
  TABS.update.refresh();
}

TABS.update.draw = () => {
  if (frozen || !leaves.length)
    return byId("update").append(line(frozen ? UNKNOWN : "There is no leaf to move."));
  const { field, problem } = numberField("learning rate η", "0.1", (x) => {
    training.rate = x;
    TABS.update.refresh();
  });
  const go = (times) => () => {
    update(times);
    goTo(lastPosition);
  };
  byId("update").append(
    heading("Gradient descent: x ← x − η · gradient"),
    element(
      "div",
      { class: "row" },
      element("label", { text: "η" }),
      field,
      button("One step", go(1), { id: "one-step" }),
      button("10 steps", go(10), { id: "ten-steps" }),
      button("Back to the start", reset, { id: "restart" }),
    ),
    problem,
    element("div", { id: "updated", "aria-live": "polite" }),
    element("div", { id: "next-update" }),
  );
};

TABS.update.refresh = () => {
  if (currentTab !== "update" || !byId("updated")) return;
  byId("updated").replaceChildren(...progress());
  const some = moving().slice(0, MANY);
  const more = moving().length - some.length;
  byId("next-update").replaceChildren(
    line(some.length ? "The next step:" : "No leaf is ticked, so none moves."),
    working(
      ...some.map((i) => line(updateText(i), { "data-leaf": i, "data-value": exact(moved(i)) })),
      ...(more ? [line(`… and ${more} more`)] : []),
    ),
    line(
      "Play goes forward, backward, makes the step, and begins again. Of the leaves only those that are ticked move.",
    ),
  );
};

const updateText = (i) =>
  `${nodes[i].short} ← ${shown(session.numbers[i])} - ${shown(training.rate)} × ${inBrackets(session.gradient[i])} = ${shown(moved(i))}`;

function progress() {
  const { results } = training,
    steps = results.length - 1,
    name = nodes[root].short;
  if (steps < 1)
    return [line(`${name} = ${shown(session.state.data[root])} before the first step.`)];
  const [before, now] = results.slice(-2);
  const parts = [
    line(
      `After ${counted(steps, "step")}: ${name} = ${shown(now)}, before the last one ${shown(before)}.`,
    ),
    ...curveOf(results),
  ];
  if (!Number.isFinite(now))
    parts.push(
      line(`${name} has left the numbers: go back to the start and take a smaller η.`, {
        class: "problem",
      }),
    );
  else if (now > before)
    parts.push(
      line(`${name} has grown: the step was too long. Take a smaller η.`, { class: "problem" }),
    );
  return parts;
}

// The results over the steps, with the first, the last and the ends of the scale in words.
function curveOf(results) {
  const finite = results.filter(Number.isFinite);
  if (!finite.length) return [];
  const low = Math.min(...finite),
    high = Math.max(...finite),
    span = high - low || 1;
  const x = (k) => 60 + (340 * k) / Math.max(1, results.length - 1),
    y = (value) => 88 - (76 * (value - low)) / span;
  const points = results.flatMap((value, k) =>
    Number.isFinite(value) ? [`${x(k)},${y(value)}`] : [],
  );
  const label = (props, text) => drawn("text", { ...props, text });
  const svg = drawn(
    "svg",
    {
      class: "curve",
      viewBox: "0 0 420 110",
      role: "img",
      "aria-label": `${nodes[root].short} over the steps, from ${shown(results[0])} to ${shown(results.at(-1))}`,
    },
    drawn("polyline", { points: points.join(" ") }),
    drawn("circle", { r: 3.5, cx: points.at(-1).split(",")[0], cy: points.at(-1).split(",")[1] }),
    label({ x: 2, y: 18 }, brief(high)),
    label({ x: 2, y: 92 }, brief(low)),
    label({ x: 60, y: 108 }, "0"),
    label({ x: 400, y: 108, "text-anchor": "end" }, counted(results.length - 1, "step")),
  );
  return [svg];
}
