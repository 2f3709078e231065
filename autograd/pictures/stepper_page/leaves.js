// Leaves: a slider with its ends and a field each, grouped as their names are.
const controls = new Map(); // of each leaf that has been drawn: slider, field, problem
const openers = []; // of each folded group: its members, and how to open it

function drawLeaves() {
  if (!leaves.length || frozen) return;
  const form = byId("leaves");
  form.append(
    heading("Leaves"),
    element("p", { class: "columns" }, element("span", { text: "ticked: an update moves it" })),
    ...groupsOf(inOrder(leaves), 0),
    button("Reset", reset, { id: "reset" }),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
}

const inOrder = (some) =>
  some.toSorted((a, b) => nodes[a].name.localeCompare(nodes[b].name, undefined, { numeric: true }));

// By layer, and in it by neuron where it has many: the parts of their paths.
const FEW = 24;
function groupsOf(members, depth) {
  const groups = Map.groupBy(members, (i) =>
    nodes[i].path.length > depth + 1 ? nodes[i].path[depth] : "",
  );
  if (groups.size === 1 && !groups.has("")) return groupsOf(members, depth + 1);
  if (groups.size === 1 || (members.length <= FEW && depth > 0)) return [plainGroup(members)];
  return [...groups].map(([name, some]) =>
    name ? foldedGroup(name, some, depth + 1) : plainGroup(some),
  );
}

const plainGroup = (members) => element("div", {}, ...members.map(drawLeaf));

// Of many leaves the sliders are made when their group is opened.
function foldedGroup(name, members, depth) {
  const group = element(
    "details",
    { class: "leaf-group" },
    element("summary", { text: `${name}: ${counted(members.length, "number")}` }),
  );
  const draw = () => {
    if (group.children.length === 1) group.append(...groupsOf(members, depth));
  };
  group.addEventListener("toggle", draw);
  openers.push({
    members: new Set(members),
    open: () => {
      draw();
      group.open = true;
    },
  });
  if (leaves.length <= FEW) openers.at(-1).open();
  return group;
}

// Ends and a step that are round numbers, so that a slider writes few digits.
function reachOf(x) {
  const middle = Number.isFinite(x) ? x : 0;
  const reach = Math.min(Math.max(1, 2 * Math.abs(middle)), 4e307); // so that the ends are finite
  const step = 10 ** Math.floor(Math.log10(reach / 50));
  const least = Math.floor((middle - reach) / step) * step,
    most = Math.ceil((middle + reach) / step) * step;
  return { step, least: tidied(least), most: tidied(most), middle };
}

const tidied = (x) => Number(x.toPrecision(6));

function drawLeaf(i) {
  const { name, path, short } = nodes[i],
    { step, least, most } = reachOf(original[i]);
  const x = session.numbers[i];
  const slider = element("input", {
    type: "range",
    min: least,
    max: most,
    step,
    value: Number.isFinite(x) ? x : 0,
    "aria-label": `${name}, slider`,
  });
  const field = element("input", {
    type: "text",
    inputmode: "text",
    value: exact(x),
    "aria-label": `${name}, number`,
    spellcheck: "false",
    autocomplete: "off",
  });
  const moves = element("input", {
    type: "checkbox",
    "aria-label": `${name} moves in an update`,
    title: `${name} moves in an update`,
  });
  const problem = element("p", { class: "problem", role: "alert", id: `problem${i}`, hidden: "" });
  moves.checked = !session.still.has(i);
  moves.addEventListener("change", () => {
    if (moves.checked) session.still.delete(i);
    else session.still.add(i);
    show();
  });
  slider.addEventListener("input", () => {
    accept(i, tidied(slider.valueAsNumber));
    field.value = exact(session.numbers[i]);
  });
  field.addEventListener("input", () => typed(i, field.value));
  controls.set(i, { slider, field, problem });
  const ends = element(
    "span",
    { class: "ends" },
    element("span", { text: shown(least) }),
    slider,
    element("span", { text: shown(most) }),
  );
  return element(
    "div",
    { class: "leaf", "data-leaf": i },
    element("label", { text: path.length > 1 ? short : name, title: name }),
    ends,
    field,
    moves,
    problem,
  );
}

function typed(i, text) {
  const { field, slider, problem } = controls.get(i);
  const x = parsed(text);
  if (x === undefined) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", problem.id);
    problem.textContent = `${complaint(text)} ${nodes[i].short} stays ${shown(session.numbers[i])}.`;
    problem.hidden = false;
    return;
  }
  if (Number.isFinite(x)) slider.value = x;
  accept(i, x);
}

function accept(i, x) {
  const { field, problem } = controls.get(i);
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
  problem.hidden = true;
  setLeaves(new Map([[i, x]]));
}

// The fields follow where the numbers were changed elsewhere, by an update or a reset.
function refreshLeaves() {
  for (const [i, { slider, field, problem }] of controls) {
    const x = session.numbers[i];
    field.value = x === original[i] ? exact(x) : shown(x);
    if (Number.isFinite(x)) slider.value = x;
    field.removeAttribute("aria-invalid");
    problem.hidden = true;
  }
}

function reset() {
  setLeaves(new Map(leaves.map((i) => [i, original[i]])));
  refreshLeaves();
  forgetUpdates();
}

// From a box in the picture to its field.
function showLeaf(i) {
  if (frozen) return;
  for (const opener of openers) if (opener.members.has(i)) opener.open(); // those inside follow
  requestAnimationFrame(() => controls.get(i)?.field.scrollIntoView({ block: "nearest" }));
}
