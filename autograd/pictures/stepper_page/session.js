// What the reader has done: the numbers of the leaves, the position, and what a quiz keeps secret.
const session = {
  numbers: original.slice(),
  position: 0,
  state: null,
  gradient: null,
  shown: null,
  hidden: new Set(),
  focus: null,
  still: new Set(),
};

function setLeaves(changes) {
  for (const [i, x] of changes) session.numbers[i] = x;
  recompute();
  show();
}

function recompute() {
  session.state = evaluated(session.numbers);
  session.gradient = gradients(session.state);
}

function show() {
  session.shown = stateAt(session.position, session.state);
  if (drawnWidth() < neededWidth()) arrange();
  showPicture(session.shown);
  showSteps(session.shown);
  showTable(session.shown);
  showPosition();
  for (const tab of Object.values(TABS)) tab.refresh?.();
}

// Boxes grow with the numbers in them, and never shrink under the hand that moves a slider.
const drawnWidth = () => picture.place.size.width;
const neededWidth = () => geometry(views[picture.view], picture).size.width;

function showPosition() {
  const slider = byId("position"),
    { position } = session;
  slider.value = position;
  slider.setAttribute("aria-valuetext", byId("panel").querySelector("h2").textContent);
  byId("count").textContent = `${position} of ${lastPosition}`;
  for (const id of ["first", "back"]) byId(id).disabled = position === 0;
  for (const id of ["last", "next"]) byId(id).disabled = position === lastPosition;
}

// A jump stays in the view that is open; a step outside of it shows in the nearest view around it.
function goTo(where, follow = false) {
  session.position = Math.min(lastPosition, Math.max(0, where));
  const v = follow ? viewShowing(placeAt(session.position), picture.view) : picture.view;
  if (v !== picture.view) openView(v);
  else show();
}

const stepOn = () => goTo(ahead(session.position, picture.view), true);
const stepBack = () => goTo(behind(session.position, picture.view), true);
