// The mathematics on demand: the example that is followed, a neuron's formula with its numbers, the
// gradient of a parameter as the sum over the examples of the last batch and over the ways to the
// loss, and all parameters.

const FEW = 12; // terms, or examples, that are written out

/** A number inside a formula: a negative one in brackets. */
const factor = (/** @type {number} */ x) => (x < 0 ? `(${shown(x)})` : shown(x));

/** The first of a list, and how many more there are. */
function fewOf(/** @type {string[]} */ list) {
  return list.length > FEW ? [...list.slice(0, FEW), `… ${list.length - FEW} more`] : list;
}

class Details {
  /** @param {Trainer} trainer @param {Network} network @param {Surface} surface */
  constructor(trainer, network, surface) {
    this.trainer = trainer;
    this.network = network;
    this.surface = surface;
    this.said = ""; // what the panel shows
    this.rows = trainer.given.parameters.map((p) => {
      const cells = Array.from({ length: 5 }, () => element("td", { className: "number" }));
      const name = element("th", { scope: "row", text: p.name });
      the("rows").append(element("tr", {}, name, ...cells));
      return cells;
    });
  }

  draw(/** @type {any} */ chosen) {
    if (the("all").open) this.fillTable();
    setText(the("example"), this.ofExample());
    const lines = chosen?.unit ? this.ofUnit(chosen.unit) : chosen && this.ofParameter(chosen.p);
    const said = lines ?? [
      "Click a neuron for its formula; click a line, or choose a parameter, for its gradient.",
    ];
    if (this.said === said.join("\n")) return;
    this.said = said.join("\n");
    const parts = said.map((text, i) => element(i || !lines ? "p" : "h2", { text }));
    the("panel").replaceChildren(...parts);
  }

  fillTable() {
    const { P, G, optimizer } = this.trainer;
    const columns = [P, G, optimizer.change, optimizer.first, optimizer.second];
    this.rows.forEach((cells, i) => {
      columns.forEach((numbers, k) => setText(cells[k], shown(numbers[i])));
    });
  }

  /** The example that is followed: its inputs and targets, and what the model says of it. */
  ofExample() {
    const example = this.surface.example();
    if (!example) return "There is no example: add one.";
    const { trainer } = this;
    const { inputs, task } = trainer.given;
    const { rows } = trainer.training;
    const known = trainer.run(example);
    const numbers = inputs.map((name, i) => `${name} = ${shown(example[i])}`);
    const outputs = Array.from(trainer.answer(), shown);
    const targets = example.subarray(inputs.length);
    const name = (says, threshold) => task.classes[trainer.classOf(says, threshold)];
    const target = task.classes.length
      ? name(targets, 0)
      : fewOf(Array.from(targets, shown)).join(", ");
    const numbersSaid = fewOf(outputs).join(", ");
    const named = task.classes.length > 0 && !trainer.answer().some(Number.isNaN);
    const says = named ? `${name(trainer.answer(), task.threshold)} (${numbersSaid})` : numbersSaid;
    const place = `Example ${Math.min(this.surface.followed, rows.length - 1)}, of ${rows.length}`;
    return [
      `${place}: ${fewOf(numbers).join(", ")}; target ${target}.`,
      known ? `The model says ${says}; loss ${shown(trainer.R[0])}.` : "",
    ].join(" ");
  }

  ofUnit(unit) {
    const example = this.surface.example();
    if (!example) return ["There is no example: add one."];
    this.trainer.run(example);
    const { R, P } = this.trainer;
    const { edges, biases, columns } = this.trainer.given.wiring;
    const here = ([d, j]) => d === unit.c && j === unit.row;
    const into = edges.filter(([, , , d, j]) => here([d, j]));
    const added = biases.filter(([, d, j]) => here([d, j])).map(([p]) => factor(P[p]));
    const name = this.network.nameOf([unit.c, unit.row]);
    const terms = (of) =>
      fewOf([...into.map(([p, c, i]) => `${factor(P[p])} · ${of([c, i])}`), ...added]).join(" + ");
    const words = terms((place) => this.network.nameOf(place));
    if (!words) return [name, `for this example: ${shown(R[unit.r])}`];
    const figures = terms((place) => {
      const x = this.numberOf(place, example);
      return x === undefined ? "…" : factor(x);
    });
    const operations = columns[unit.c].operations[unit.row];
    const open = operations.map((operation) => `${operation}(`).join("");
    const close = ")".repeat(operations.length);
    return [
      name,
      `= ${open}${words}${close}`,
      `= ${open}${figures}${close}`,
      `= ${shown(R[unit.r])} for the example that is followed`,
    ];
  }

  /** The number of a unit or an input, after a run of an example; undefined where none is shown. */
  numberOf([c, i], example) {
    if (!c) return example[i];
    const unit = this.network.units[c]?.[i];
    return unit && this.trainer.R[unit.r];
  }

  ofParameter(p) {
    const { P, G, optimizer, last, training, given } = this.trainer;
    const edges = this.network.edges.filter((edge) => edge.p === p);
    const biases = given.wiring.biases.filter(([bias]) => bias === p);
    const name = (place) => this.network.nameOf(place);
    const edge = edges.length === 1 && !biases.length ? edges[0] : null; // it is used only there
    const where = edge
      ? `the weight from ${name(edge.from)} to ${name(edge.to)}`
      : biases.length === 1 && !edges.length
        ? `the bias of ${name(biases[0].slice(1))}`
        : "a parameter";
    const lines = [
      given.parameters[p].name,
      `${where}: ${shown(P[p])}, last changed by ${shown(optimizer.change[p])}`,
    ];
    if (!last.length) return [...lines, "No step yet: its gradient comes with the first."];
    const some = last.filter((i) => training.rows[i]);
    lines.push(
      `gradient of the last batch: ${shown(G[p])}, the mean over its ${some.length} examples,`,
      edge ? "each what comes in times the error signal:" : "which are:",
    );
    // It was taken before the step: the parameters go back there and come again.
    const kept = P.slice();
    for (let i = 0; i < P.length; i++) P[i] -= optimizer.change[i];
    const one = new Float64Array(P.length);
    for (const i of some.slice(0, FEW)) {
      one.fill(0);
      this.trainer.run(training.rows[i], one);
      const signal = edge ? this.signal(one, edge.to) : undefined;
      const input = edge ? this.numberOf(edge.from, training.rows[i]) : undefined;
      const known = signal !== undefined && input !== undefined;
      const product = known ? ` = ${factor(input)} × ${factor(signal)}` : "";
      lines.push(`example ${i}: ${shown(one[p])}${product}`);
    }
    if (some.length > FEW) lines.push(`… and ${some.length - FEW} more`);
    else if (edge) lines.push(...this.ways(edge.to, one));
    P.set(kept);
    return lines;
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
    const terms = parts.map(([w, signal, name]) => `${factor(w)} × ${factor(signal)} (${name})`);
    const slope = sum ? `, times the activation's slope ${shown(mine / sum)} = ${shown(mine)}` : "";
    const over = parts.length === 1 ? "one way" : `${parts.length} ways`;
    return [
      `In the last of them the error signal came over ${over}: ` +
        `${fewOf(terms).join(" + ")} = ${shown(sum)}${slope}.`,
    ];
  }
}
