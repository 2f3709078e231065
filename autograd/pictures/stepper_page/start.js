// Buttons, keys and tabs; and the page begins.
let timer = null;
function play(on) {
  clearTimeout(timer);
  timer = null;
  const button = byId("play");
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Pause" : "Play";
  if (on) timer = setTimeout(playOn, 900 / Number(byId("speed").value));
}

// At the end an update begins anew from the leaves that it has moved; otherwise playing ends.
function playOn() {
  if (session.position < lastPosition) stepOn();
  else if (currentTab === "update") {
    update(1);
    goTo(0);
  }
  if (session.position === lastPosition && currentTab !== "update") play(false);
  else play(true);
}

function togglePlay() {
  if (timer !== null) return play(false);
  if (session.position === lastPosition && currentTab !== "update") goTo(0);
  play(true);
}

const actions = {
  first: () => goTo(0),
  back: stepBack,
  next: stepOn,
  half: () => goTo(count),
  last: () => goTo(lastPosition),
  play: togglePlay,
  smaller: () => zoomBy(1 / 1.25),
  larger: () => zoomBy(1.25),
  fit,
};
const keys = {
  Home: "first",
  End: "last",
  ArrowLeft: "back",
  ArrowRight: "next",
  f: "half",
  F: "half",
  " ": "play",
  "+": "larger",
  "-": "smaller",
  0: "fit",
};

function pressed(event) {
  if (event.key === "Escape") return hideTip();
  const inside = event.target.closest("input, select, button, summary");
  const typing =
    inside &&
    (["INPUT", "SELECT"].includes(inside.tagName) || event.key === " " || inside.role === "tab");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
  event.preventDefault();
  actions[keys[event.key]]();
}

/** @returns {any[]} */
const tabs = () => [...document.querySelectorAll("[role=tab]")];

let currentTab = "panel";
function openTab(name) {
  currentTab = name;
  for (const tab of tabs()) {
    const on = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !on;
  }
  for (const [key, { opened, closed }] of Object.entries(TABS))
    (key === name ? opened : closed)?.();
  show();
}

function moveTab(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const all = tabs();
  const next = all[(all.indexOf(event.target) + by + all.length) % all.length];
  next.focus();
  openTab(next.getAttribute("aria-controls"));
}

function drawTitle() {
  document.title = `${nodes[root].short}, step by step`;
  byId("title").textContent = `Backpropagation through ${nodes[root].short}, step by step`;
  const lines = GRAPH.formulas.map(([i, template]) =>
    line(`${nodes[i].short} = ${inWords(template)}`),
  );
  byId("formulas").append(...lines.slice(0, 1));
  if (lines.length > 1)
    byId("formulas").append(
      element(
        "details",
        {},
        element("summary", { text: `${counted(lines.length - 1, "more line")}` }),
        ...lines.slice(1),
      ),
    );
}

for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => openTab(tab.getAttribute("aria-controls")));
  tab.addEventListener("keydown", moveTab);
}
document.addEventListener("keydown", pressed);
byId("position").max = lastPosition;
byId("position").addEventListener("input", () => goTo(byId("position").valueAsNumber));
window.addEventListener("resize", () => {
  arrange();
  show();
});

recompute();
session.shown = stateAt(0, session.state);
drawTitle();
drawTable();
drawLeaves();
for (const { draw } of Object.values(TABS)) draw?.();
arrange();
openTab("panel");
