// What stands beside a box while the mouse is on it or the keyboard has brought one there.
let pointedAt = null;
function showTip(group, item) {
  pointedAt = { group, item };
  const tip = byId("tip");
  tip.replaceChildren(...tipLines(item).map((text) => line(text)));
  tip.hidden = false;
  const box = group.getBoundingClientRect();
  const left = Math.min(Math.max(4, box.left), window.innerWidth - tip.offsetWidth - 8);
  const above = box.top - tip.offsetHeight - 6;
  tip.style.left = `${left + window.scrollX}px`;
  tip.style.top = `${(above > 0 ? above : box.bottom + 6) + window.scrollY}px`;
}

function hideTip() {
  pointedAt = null;
  byId("tip").hidden = true;
}

function refreshTip() {
  if (pointedAt?.group.isConnected) showTip(pointedAt.group, pointedAt.item);
  else hideTip();
}

const TIP = 160; // characters of a line
const listedIn = (names) => names.slice(0, 12).join(", ") + (names.length > 12 ? ", …" : "");

function tipLines(item) {
  if ("view" in item) return [views[item.view].title, views[item.view].note, "Click to open."];
  const lines =
    "leaves" in item
      ? [item.name, listedIn(item.leaves.map((i) => nodes[i].name))]
      : nodeLines(item.node);
  return lines.map((text) => (text.length > TIP ? `${text.slice(0, TIP - 1)}…` : text));
}

function nodeLines(i) {
  const node = nodes[i],
    value = shown(session.state.data[i]);
  const { known, gradient } = session.shown;
  const lines = node.name === node.short ? [] : [node.name];
  if (!node.op) lines.push(`${node.kind === "constant" ? "constant" : node.short} = ${value}`);
  else lines.push(`${node.short} = ${inWords(node.expression)}`);
  if (node.op && known[i])
    lines.push(`= ${inNumbers(node.expression, session.state.data)} = ${value}`);
  const told = gradient[i] !== null && node.kind !== "constant" && !session.hidden.has(i);
  if (told) lines.push(`total ${total(i)} = ${chain(i)} = ${shown(gradient[i])}`);
  return lines;
}

// The chain rule for a node: ∂E/∂f · ∂f/∂q, a term for each use.
function chain(i) {
  if (i === root) return "1";
  const terms = uses[i].slice(0, 4).map(({ child }) => `${total(child)} · ${local(child, i)}`);
  return terms.join(" + ") + (uses[i].length > 4 ? " + …" : "");
}
