// Views: the network, a layer, a neuron. Each shows items: nodes, groups that open as a view of
// their own, and leaves that stand together. A group's operations follow each other, so that it is
// a range of places, and a step on can take all of it.
const views = GRAPH.views;

function holds(view, place) {
  return view.first <= place && place <= view.last;
}

// The view that shows a place: this one, or the nearest around it.
function viewShowing(place, start) {
  let v = start;
  while (place >= 0 && !holds(views[v], place)) v = views[v].parent;
  return v;
}

function itemAt(view, place) {
  return view.items.findIndex(
    (item) =>
      !item.outside &&
      ("view" in item ? holds(views[item.view], place) : placeOf.get(item.node) === place),
  );
}

// The next position at which something that is shown is done, and the one before.
function ahead(where, start) {
  const next = where + 1;
  const group = groupAt(placeAt(next), start);
  if (!group) return next;
  return next <= count ? forwardStep(group.last) : backwardStep(group.first);
}

function behind(where, start) {
  const group = groupAt(placeAt(where), start);
  if (!group) return where - 1;
  return where <= count ? forwardStep(group.first) - 1 : backwardStep(group.last) - 1;
}

function groupAt(place, start) {
  if (place < 0) return null;
  const view = views[viewShowing(place, start)];
  const item = view.items[itemAt(view, place)];
  return item && "view" in item ? views[item.view] : null;
}

// The nodes that stand for an item: of a group those that something outside of it uses.
function nodesOf(item) {
  if ("node" in item) return [item.node];
  if ("leaves" in item) return item.leaves;
  const view = views[item.view];
  const inside = operations.slice(view.first, view.last + 1);
  view.outputs ??= inside.filter(
    (i) => i === root || uses[i].some((use) => !holds(view, placeOf.get(use.child))),
  );
  return view.outputs;
}

function trail(v) {
  const above = views[v].parent;
  return above === null ? [v] : [...trail(above), v];
}
