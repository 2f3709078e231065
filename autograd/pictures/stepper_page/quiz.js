// Quiz: what reaches q? A wrong answer is compared with what known mistakes make of it; these come
// from the catalogue of `autograd.check`, as FORMS of what is known at a node.
const asking = { order: [], node: null, tried: new Set(), first: 0, shown: 0 };

// From the root down, each after all that it feeds.
function askedInTurn() {
  const order = [];
  for (let place = count - 1; place >= 0; place--) {
    const i = operations[place];
    if (i !== root) order.push(i);
    for (const p of new Set(nodes[i].parents)) {
      if (
        nodes[p].kind === "leaf" &&
        Math.min(...uses[p].map((use) => placeOf.get(use.child))) === place
      )
        order.push(p);
    }
  }
  return order;
}

TABS.quiz.draw = () => {
  asking.order = askedInTurn();
};
TABS.quiz.opened = () => {
  if (!asking.node && !asking.tried.size) beginQuiz();
  else hideUnanswered();
  goTo(lastPosition);
};
TABS.quiz.closed = () => {
  session.hidden.clear();
  session.focus = null;
};

function beginQuiz() {
  Object.assign(asking, { left: new Set(asking.order), tried: new Set(), first: 0, shown: 0 });
  hideUnanswered();
  ask(asking.order[0]);
}

function hideUnanswered() {
  session.hidden = new Set(asking.left);
  session.focus = asking.node;
}

function ask(i) {
  Object.assign(asking, { node: i ?? null });
  session.focus = asking.node;
  const begin = button(
    "Begin again",
    () => {
      beginQuiz();
      show();
    },
    { id: "again" },
  );
  byId("quiz").replaceChildren(
    ...(i === undefined ? [heading("All gradients are there"), ...scored(), begin] : question(i)),
  );
}

function askAbout(i) {
  ask(i);
  show();
  byId("answer").focus();
}

const scored = () => [
  line(
    `${asking.first} of ${asking.order.length} right at the first try${asking.shown ? `, ${asking.shown} shown` : ""}.`,
    { id: "score" },
  ),
];

function question(i) {
  const field = element("input", {
    type: "text",
    id: "answer",
    "aria-label": `your ${total(i)}`,
    spellcheck: "false",
    autocomplete: "off",
  });
  const row = element(
    "form",
    { class: "row" },
    element("label", { class: "number", text: `total ${total(i)} =` }),
    field,
    element("button", { id: "check", text: "Check" }),
    button("Show it", () => reveal(i), { id: "reveal" }),
  );
  row.addEventListener("submit", (event) => {
    event.preventDefault();
    judge(i, field.value);
  });
  const paths = uses[i]
    .slice(0, MANY)
    .map(({ child }) =>
      line(
        `It goes into ${nodes[child].short} = ${inWords(nodes[child].expression)}${gradientText(child)}`,
        { class: "number" },
      ),
    );
  return [
    heading(`What reaches ${nodes[i].short}?`),
    ...paths,
    row,
    element("div", { id: "verdict", "aria-live": "polite" }),
    ...scored(),
  ];
}

const gradientText = (i) =>
  session.hidden.has(i) ? "." : `, and total ${total(i)} = ${shown(session.gradient[i])}.`;

function say(...parts) {
  byId("verdict").replaceChildren(...parts);
}

function judge(i, text) {
  const answer = answerIn(text);
  if (!answer) return say(line(complaint(text), { class: "problem" }));
  const first = !asking.tried.has(i);
  asking.tried.add(i);
  if (isRight(answer, pointAt(i, session.state, session.gradient))) {
    asking.first += first ? 1 : 0;
    return answered(
      i,
      line(`Right: ${total(i)} = ${shown(session.gradient[i] ?? 0)}.`, { class: "right" }),
    );
  }
  const named = mistakesIn(i, answer).slice(0, 2);
  say(
    line(`Wrong: ${text.trim()}.`, { class: "wrong" }),
    line(
      named.length ? sentence(named.join("; or: ")) : sentence(GRAPH.quiz.unknown || "try again"),
    ),
  );
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function reveal(i) {
  asking.tried.add(i);
  asking.shown += 1;
  answered(
    i,
    line(`${total(i)} = ${chain(i)} = ${shown(session.gradient[i] ?? 0)}`, { class: "number" }),
  );
}

function answered(i, word) {
  asking.left.delete(i);
  session.hidden.delete(i);
  ask(asking.order.find((other) => asking.left.has(other)));
  byId("quiz").prepend(word);
  show();
  byId("answer")?.focus();
}

// Of an answer its digits are the tolerance, as `autograd.check` reads them; 1/3 is exact.
const LEAST = 3; // digits that are asked of a number whose last zeros may be unseen
const NOISE = 1e-9;
function answerIn(text) {
  const x = parsed(text),
    word = plain(text);
  if (x === undefined) return null;
  const [, whole, part = "", exponent = "0"] =
    word.match(/^[-+]?(\d*)\.?(\d*)(?:e([-+]?\d+))?$/) ?? [];
  if (whole === undefined || !Number.isFinite(x)) return { x, half: 0, digits: null };
  const strict = word.includes("."),
    last = Number(exponent) - part.length;
  if (x === 0) return { x, half: strict && last <= -LEAST ? 0.5 * 10 ** last : 0, digits: 1 };
  const figures = (whole + part).replace(/^0+/, "");
  const size = strict ? figures.length : Math.max(figures.replace(/0+$/, "").length, LEAST);
  const unit = strict ? last : last + figures.length - size;
  const half = Math.max(0.5 * 10 ** unit * (1 + NOISE), NOISE * Math.abs(x));
  return { x, half, digits: !strict && Number.isInteger(x) && unit <= 0 ? null : size };
}

// What rounding on the way may do: the page shows five digits, and four are kept at least.
function isRight({ x, half, digits }, point) {
  if (x === point.t || (Number.isNaN(x) && Number.isNaN(point.t))) return true;
  const size = point.p.reduce((sum, part) => sum + Math.abs(part), 0);
  const slack = digits === null ? 0 : 0.6 * size * 10 ** (1 - Math.min(5, Math.max(4, digits)));
  return Math.abs(x - point.t) <= Math.max(half, NOISE * Math.abs(point.t), 1e-14) + slack;
}

// What is known at a node, in the letters of FORMS.
function pointAt(i, { data, partials }, gradient) {
  const some = uses[i].filter((use) => !nodes[use.child].step);
  const u = some.map(({ child }) => gradient[child] ?? 0),
    l = some.map(({ child, input }) => partials[child][input]);
  return {
    x: data[i],
    o: some.map(({ child }) => data[child]),
    u,
    l,
    p: u.map((up, k) => up * l[k]),
    t: gradient[i] ?? 0,
    data,
    r: [],
  };
}

// Of a node: [row, form, use, detail, other nodes] each, with its own nodes in their places.
function slipsOf(i) {
  const [kind, ...own] = GRAPH.quiz.slips[i];
  const named = (places) => places.map((place) => own[place]);
  return (GRAPH.quiz.kinds[kind] ?? []).map(([row, form, use, detail, others]) => [
    row,
    form,
    use,
    typeof detail === "string" ? detail : named(detail),
    named(others),
  ]);
}

function made([, form, , , others], point) {
  return FORMS[form]({ ...point, r: others.map((i) => point.data[i]) });
}

// What the catalogue says of a slip, with the names of this graph.
const LISTED = 3;
const WIDEST = 60;
function inSentence(i, [row, , use, detail]) {
  const listed = (is) => {
    const names = [...new Set(is)].map((j) => nodes[j].short);
    const more = names.length - LISTED;
    return names.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  };
  const child = use < 0 ? undefined : uses[i].filter((one) => !nodes[one.child].step)[use].child;
  const there =
    child === undefined ? "" : `${nodes[child].short} = ${inWords(nodes[child].expression)}`;
  const parts = {
    place: nodes[i].short,
    there: there.length > WIDEST ? `${there.slice(0, WIDEST - 1)}…` : there,
    detail: typeof detail === "string" ? detail : listed(detail),
    above: listed(uses[i].map((one) => one.child)),
    count: uses[i].length,
  };
  return GRAPH.quiz.sentences[row].replace(/\{(\w+)\}/g, (_, part) => parts[part]);
}

// The sentences of the mistakes that give this number, the most specific first. Of two that give
// the same number at other leaves, too, the first is meant.
function mistakesIn(i, answer) {
  const point = pointAt(i, session.state, session.gradient);
  const fits = (x) =>
    Number.isFinite(x) && Math.abs(x - answer.x) <= Math.max(answer.half, NOISE * Math.abs(x));
  const found = slipsOf(i).filter((slip) => fits(made(slip, point)));
  const elsewhere = found.length > 1 ? otherPoints(i) : [];
  const kept = [];
  const alike = (a, b) => a[0] === b[0] || elsewhere.every((at) => near(made(a, at), made(b, at)));
  for (const slip of found) if (!kept.some((known) => alike(slip, known))) kept.push(slip);
  const said = kept.map((slip) => inSentence(i, slip));
  return [...new Set(said.length || !GRAPH.quiz.unknown ? said : otherAnswers(i, fits))];
}

const near = (a, b) =>
  a === b ||
  Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b)) ||
  (Number.isNaN(a) && Number.isNaN(b));

function otherAnswers(i, fits) {
  const others = asking.order.filter(
    (other) => other !== i && session.gradient[other] && fits(session.gradient[other]),
  );
  return others
    .slice(0, 1)
    .map((other) => GRAPH.quiz.other.replace("{detail}", () => `\`${nodes[other].short}\``));
}

// Other numbers of the leaves, of the same signs and sizes.
function otherPoints(i) {
  if (frozen) return [];
  return [0.6, 1.5, 2.3, 0.9].map((start) => {
    const numbers = session.numbers.slice();
    leaves.forEach((leaf, k) => {
      numbers[leaf] = (numbers[leaf] || 1) * start * (1 + 0.37 * Math.sin(12.9 * (k + 1) + start));
    });
    const state = evaluated(numbers);
    return pointAt(i, state, gradients(state));
  });
}
