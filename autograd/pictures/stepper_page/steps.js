// The panel: what happens at one step, in formulas and numbers.
const MANY = 40; // inputs of one operation that the panel lists
const working = (...lines) => element("div", { class: "step number" }, ...lines);
const heading = (text) => element("h2", { text });

function showSteps(shownState) {
  const group = groupAt(placeAt(session.position), picture.view);
  const parts = group ? groupStep(group, shownState) : STEPS[shownState.step.kind](shownState);
  byId("panel").replaceChildren(...parts, ...warnings());
}

const STEPS = {
  start: () => [
    heading("The leaves are given"),
    line(
      `${counted(count, "operation")} ${count === 1 ? "leads" : "lead"} from them to ${nodes[root].short}. Step on to compute them one by one; then the gradients come back the other way.`,
    ),
  ],
  forward: ({ step: { node: i } }) => [
    heading(`Forward, ${session.position} of ${count}: ${nodes[i].short}`),
    working(
      line(`${nodes[i].short} = ${inWords(nodes[i].expression)}`),
      line(`= ${inNumbers(nodes[i].expression, session.state.data)}`),
      line(`= ${shown(session.state.data[i])}`, { class: "sum" }),
    ),
  ],
  seed: () => [
    heading(`Backward starts at ${nodes[root].short}`),
    working(line(`${total(root)} = 1`, { class: "sum" })),
    line(
      `A change of ${nodes[root].short} changes ${nodes[root].short} by just as much. From here each operation hands back to its inputs: what has arrived, times its local derivative.`,
    ),
  ],
  backward: backwardStepOf,
};

function backwardStepOf({ gradient, step }) {
  const node = nodes[step.node];
  const wanted = step.contributions.filter((c) => nodes[c.to].kind !== "constant");
  const constants = step.contributions.length - wanted.length;
  return [
    heading(`Backward, ${session.position - count - 1} of ${count}: ${node.short}`),
    line(
      `${node.short} = ${inWords(node.expression)}, and total ${total(step.node)} = ${shown(gradient[step.node])} has arrived.`,
      { class: "number" },
    ),
    element(
      "div",
      { class: "contributions" },
      ...wanted.slice(0, MANY).map((c) => contributionOf(step.node, c)),
    ),
    ...(wanted.length > MANY ? [line(`… and ${wanted.length - MANY} more inputs`)] : []),
    ...(constants
      ? [
          line(
            `Nobody needs the gradient of a constant, and ${constants === 1 ? "one input is" : `${constants} inputs are`} constant.`,
          ),
        ]
      : []),
  ];
}

// local ∂q/∂x = 1, and the product: ∂f/∂x = ∂f/∂q · ∂q/∂x = (-4) × 1 = -4.
function contributionOf(i, c) {
  const numbers = `${inBrackets(c.upstream)} × ${inBrackets(session.state.partials[i][c.input])}`;
  const product = `${total(i)} · ${local(i, c.to)} = ${numbers} = ${shown(c.contribution)}`;
  const several = uses[c.to].length > 1;
  const box = working(line(`local ${local(i, c.to)} = ${localText(i, c)}`));
  box.dataset.to = c.to;
  const sum = { class: "sum", "data-value": exact(c.sum) };
  if (!several) box.append(line(`total ${total(c.to)} = ${product}`, sum));
  else {
    const done = c.before === 0 ? "" : `${shown(c.before)} + ${inBrackets(c.contribution)} = `;
    box.append(
      line(`part through ${nodes[i].short}: ${product}`),
      line(`total ${total(c.to)} ${partNote(i, c)}= ${done}${shown(c.sum)}`, sum),
    );
  }
  return box;
}

// Of a node that is used several times, how many parts have come.
function partNote(i, c) {
  const all = uses[c.to].length;
  const come = uses[c.to].filter(
    ({ child, input }) => placeOf.get(child) > placeOf.get(i) || (child === i && input <= c.input),
  ).length;
  return come < all ? `so far, ${come} of ${all} parts, ` : "";
}

function localText(i, c) {
  const node = nodes[i],
    value = session.state.partials[i][c.input];
  const key = `${node.row}/${node.parents.length}`,
    rule = node.rules[c.input];
  const rules = RULES[key] ?? PARTIALS[key];
  if (!rule.length || !rules) return shown(value);
  const { data } = session.state;
  const computed = rules(
    data[i],
    node.parents.map((p) => data[p]),
  )[c.input];
  // The textbook's formula, where it gives the partial: not at a tie, not where it rounds to 0.
  const near = (bound) => computed === value || Math.abs(computed - value) <= bound;
  const parts = [shown(value)];
  if (near(1e-5 * Math.abs(value))) parts.unshift(inNumbers(rule, data));
  if (near(1e-6 * Math.abs(value) + 1e-12)) parts.unshift(inWords(rule));
  const bare = (text) => text.replace(/^\((-[^()]*)\)$/, "$1");
  return parts
    .map(bare)
    .filter((part, k, all) => k === 0 || part !== all[k - 1])
    .join(" = ");
}

// A group is passed in one step; what comes out of it is listed.
function groupStep(group, { known, gradient }) {
  const backward = session.position > count;
  const members = nodesOf({ view: views.indexOf(group) });
  const numbers = backward ? gradient : session.state.data;
  const some = members.filter((i) => (backward ? numbers[i] !== null : known[i])).slice(0, MANY);
  const symbol = (i) => (backward ? total(i) : nodes[i].short);
  return [
    heading(`${backward ? "Backward" : "Forward"}: ${group.title}`),
    line(
      `${group.note}. ${backward ? "The gradients that have arrived at its results:" : "Its results:"}`,
    ),
    button("Open it", () => openView(views.indexOf(group))),
    element(
      "div",
      { class: "step number columns" },
      ...some.map((i) => line(`${symbol(i)} = ${shown(numbers[i])}`)),
    ),
    ...(members.length > MANY ? [line(`… and ${members.length - MANY} more`)] : []),
  ];
}

function warnings() {
  if (frozen)
    return [
      line(
        `The numbers stay as they were recorded, since this page cannot compute ${GRAPH.reasons.join(", nor ")}.`,
        { class: "problem" },
      ),
    ];
  if (GRAPH.stale)
    return [
      line(
        "Leaves have changed since this graph was recorded. The page computes with their numbers of now.",
        { class: "problem" },
      ),
    ];
  return [];
}

// The table of all nodes, with all digits in its data attributes.
const rows = [];
function drawTable() {
  byId("rows").append(
    ...nodes.map((node, i) => {
      const cells = {
        data: element("td", { class: "number" }),
        gradient: element("td", { class: "number" }),
      };
      rows.push(cells);
      return element(
        "tr",
        { "data-node": i },
        element("td", { text: node.name }),
        element("td", { class: "number", text: inWords(node.expression) }),
        cells.data,
        cells.gradient,
      );
    }),
  );
}

function showTable({ known, gradient }) {
  nodes.forEach((node, i) => {
    setNumber(rows[i].data, "", known[i] ? session.state.data[i] : null);
    setNumber(
      rows[i].gradient,
      "",
      node.kind === "constant" ? null : gradient[i],
      session.hidden.has(i),
    );
  });
}
