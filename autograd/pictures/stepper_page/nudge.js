// Nudge: raise one number a little, and see whether the result moves as its slope predicted.
const nudging = { node: leaves[0] ?? root, by: 0.1 };

TABS.nudge.draw = () => {
  if (frozen) return byId("nudge").append(line(UNKNOWN));
  const choices = [...inOrder(leaves), ...operations.slice(0, -1)];
  if (!choices.length) return byId("nudge").append(line("There is nothing to raise."));
  const select = element(
    "select",
    { id: "nudged", "aria-label": "what to raise" },
    ...choices.map((i) => element("option", { value: i, text: nodes[i].short })),
  );
  nudging.node = choices[0];
  select.addEventListener("change", () => {
    nudging.node = Number(select.value);
    TABS.nudge.refresh();
  });
  const { field, problem } = numberField("by how much", "0.1", (x) => {
    nudging.by = x;
    TABS.nudge.refresh();
  });
  byId("nudge").append(
    heading("What a slope means"),
    element(
      "div",
      { class: "row" },
      element("span", { text: "Raise" }),
      select,
      element("span", { text: "by" }),
      field,
    ),
    problem,
    element("div", { id: "nudge-result", "aria-live": "polite" }),
  );
};

TABS.nudge.refresh = () => {
  if (currentTab === "nudge" && byId("nudge-result"))
    byId("nudge-result").replaceChildren(...nudged());
};

function nudged() {
  const { node: i, by } = nudging,
    { data } = session.state;
  const name = nodes[i].short,
    result = nodes[root].short;
  const numbers = (nodes[i].parents.length ? data : session.numbers).slice();
  numbers[i] += by;
  const now = evaluated(numbers, [i]).data[root];
  const change = now - data[root],
    predicted = session.gradient[i] * by,
    off = change - predicted;
  return [
    working(
      line(`${name}: ${shown(data[i])} → ${shown(numbers[i])}`),
      line(`${result}: ${shown(data[root])} → ${shown(now)}`),
      line(`${result} changes by ${shown(change)}.`, {
        class: "sum",
        id: "nudge-change",
        "data-value": exact(change),
      }),
      line(
        `Its slope predicted ${total(i)} × ${inBrackets(by)} = ${inBrackets(session.gradient[i])} × ${inBrackets(by)} = ${shown(predicted)}.`,
        { class: "sum", id: "nudge-predicted", "data-value": exact(predicted) },
      ),
    ),
    line(verdictOf(off, change, predicted, name, result)),
  ];
}

function verdictOf(off, change, predicted, name, result) {
  const scale = Math.max(Math.abs(change), Math.abs(predicted));
  if (!Number.isFinite(off)) return "That is more than numbers can hold.";
  if (Math.abs(off) <= 1e-9 * scale + 1e-15)
    return `Just so: for such a change ${result} is a straight line in ${name}.`;
  return `The prediction is off by ${shown(off)}, for ${result} is curved in ${name}. A slope tells what a small change does: with half the nudge about a quarter of that is left.`;
}
