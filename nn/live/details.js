// The mathematics on demand: a neuron's formula with its numbers, the gradient of a weight as the
// sum over the examples of the last batch and over the ways to the loss, and all parameters.

/** A number inside a formula: a negative one in brackets. */
const factor = (/** @type {number} */ x) => (x < 0 ? `(${shown(x)})` : shown(x));

class Details {
  /** @param {Trainer} trainer @param {Network} network @param {Surface} surface */
  constructor(trainer, network, surface) {
    this.trainer = trainer;
    this.network = network;
    this.surface = surface;
    this.panel = the("panel");
    this.rows = trainer.given.parameters.map((p) => {
      const cells = Array.from({ length: 4 }, () => element("td", { className: "number" }));
      the("rows").append(
        element("tr", {}, element("th", { scope: "row", text: p.name }), ...cells),
      );
      return cells;
    });
  }

  draw(/** @type {any} */ chosen) {
    if (the("all").open) this.fillTable();
    const lines = chosen?.unit
      ? this.ofUnit(chosen.unit)
      : chosen?.weight
        ? this.ofWeight(chosen.weight)
        : ["Click a neuron for its formula, a line for its weight and gradient."];
    this.panel.replaceChildren(...lines.map((text, i) => element(i ? "p" : "h2", { text })));
  }

  fillTable() {
    const { P, G, optimizer } = this.trainer;
    this.rows.forEach((cells, i) => {
      [P[i], G[i], optimizer.first[i], optimizer.second[i]].forEach(
        (x, k) => (cells[k].textContent = shown(x)),
      );
    });
  }

  /** The number of a unit or an input, after a run of the example that is followed. */
  numberOf([c, i]) {
    return c ? this.trainer.R[this.network.units[c][i].r] : this.surface.example()[i];
  }

  ofUnit(unit) {
    const example = this.surface.example();
    if (!example) return ["There is no example: add one."];
    this.trainer.run(example);
    const { edges, biases, columns } = this.trainer.given.wiring;
    const { P } = this.trainer;
    const here = ([d, j]) => d === unit.c && j === unit.row;
    const into = edges.filter(([, , , d, j]) => here([d, j]));
    const terms = into.map(([p, c, i]) => [P[p], this.network.nameOf([c, i]), this.known([c, i])]);
    const added = biases.filter(([, d, j]) => here([d, j])).map(([p]) => P[p]);
    const name = this.network.nameOf([unit.c, unit.row]);
    const operation = columns[unit.c].operations[unit.row].join("(") || "";
    const close = ")".repeat(columns[unit.c].operations[unit.row].length);
    const cut = (list) =>
      list.length > 12 ? [...list.slice(0, 12), `… ${list.length - 12} more`] : list;
    const words = cut([
      ...terms.map(([w, from]) => `${factor(w)} · ${from}`),
      ...added.map(factor),
    ]);
    const figures = cut([
      ...terms.map(([w, , x]) => `${factor(w)} · ${x === undefined ? "…" : factor(x)}`),
      ...added.map(factor),
    ]);
    const open = operation ? `${operation}(` : "";
    if (!words.length) return [name, `for this example: ${shown(this.trainer.R[unit.r])}`];
    return [
      name,
      `= ${open}${words.join(" + ")}${close}`,
      `= ${open}${figures.join(" + ")}${close}`,
      `= ${shown(this.trainer.R[unit.r])}`,
    ];
  }

  known([c, i]) {
    return this.network.known([c, i]) ? this.numberOf([c, i]) : undefined;
  }

  ofWeight(edge) {
    const { P, G, optimizer, last, training, given } = this.trainer;
    const { p, from, to } = edge;
    const lines = [
      given.parameters[p].name,
      `the weight from ${this.network.nameOf(from)} to ${this.network.nameOf(to)}: ${shown(P[p])}, last changed by ${shown(optimizer.change[p])}`,
    ];
    if (!last.length) return [...lines, "No step yet: its gradient comes with the first."];
    const kept = P.slice();
    const one = new Float64Array(P.length);
    // The gradient was taken before the step: the parameters go back there and come again.
    for (let i = 0; i < P.length; i++) P[i] -= optimizer.change[i];
    const shares = last
      .filter((i) => training.rows[i])
      .map((i) => {
        one.fill(0);
        this.trainer.run(training.rows[i], one);
        return {
          i,
          slope: one[p],
          signal: this.signal(one, to),
          input: from[0]
            ? this.trainer.R[this.network.units[from[0]][from[1]].r]
            : training.rows[i][from[1]],
        };
      });
    const ways = this.ways(to, one);
    P.set(kept);
    lines.push(
      `gradient of the last batch: ${shown(G[p])}, the mean over its ${shares.length} examples:`,
    );
    for (const { i, slope, signal, input } of shares.slice(0, 8)) {
      const product =
        signal === undefined
          ? ""
          : ` = ${factor(input)} × ${factor(signal)}, what comes in times the error signal`;
      lines.push(`example ${i}: ${shown(slope)}${product}`);
    }
    if (shares.length > 8) lines.push(`… and ${shares.length - 8} more`);
    return [...lines, ...ways];
  }

  /** The error signal of a neuron, which is the gradient of its bias; undefined without one. */
  signal(/** @type {Float64Array} */ gradient, [c, i]) {
    const bias = this.trainer.given.wiring.biases.find(([, d, j]) => d === c && j === i);
    return bias && gradient[bias[0]];
  }

  /** How the error signal came to a neuron: over all weights that lead on from it. */
  ways(place, gradient) {
    const mine = this.signal(gradient, place);
    const on = this.network.edges.filter(
      ({ from }) => from[0] === place[0] && from[1] === place[1],
    );
    const parts = on.map(({ p, to }) => [
      this.trainer.P[p],
      this.signal(gradient, to),
      this.network.nameOf(to),
    ]);
    if (mine === undefined || !parts.length || parts.some(([, signal]) => signal === undefined))
      return [];
    const sum = parts.reduce((total, [w, signal]) => total + w * signal, 0);
    const words = parts
      .slice(0, 6)
      .map(([w, signal, name]) => `${factor(w)} × ${factor(signal)} (${name})`);
    const more = parts.length > 6 ? ` + … ${parts.length - 6} more ways` : "";
    return [
      `In the last of them the error signal came over ${parts.length} ways: ${words.join(" + ")}${more} = ${shown(sum)}, times the activation's slope ${shown(sum ? mine / sum : 0)} = ${shown(mine)}.`,
    ];
  }
}
