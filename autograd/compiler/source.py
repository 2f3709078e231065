"""Assembly: from a recording to its source, and to the two functions that this defines.

For `compile(lambda x: (w * x[0] + v * x[1]).tanh(), batch=True)` the source reads, shortened:

    m0 = P.reshape(1, 2)                         # the two parameters as a 1 x 2 matrix
    t4 = np.empty((B, 1))
    m1 = m0.T
    def forward(a0):
        np.dot(a0, m1, out=t4)
        np.tanh(t4, out=t5)
        return (t5,), True, False
    def reverse(weight, a0):                     # weight: the gradient of each row's result
        ...                                      # one line for each local partial
        product(t16.T, a0, out=t17)              # np.dot; np.multiply where B is 1
        G[...] = t17.reshape(2)
        return G

It is run once for each number of rows, in a namespace of its own. (Buffers as variables of an outer
function would be cells, n of which take Python some n^2 to compile: 20,000 of them 10 s.)
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.arrays import Array, is_everything, lower, needed
from autograd.compiler.emit import Emitter
from autograd.compiler.fusion import Fusion
from autograd.compiler.native import missing
from autograd.compiler.reroll import Reroller
from autograd.compiler.reverse import gradient
from autograd.compiler.rounding import Bounds, CoarseBounds, decided
from autograd.compiler.scalars import SIGNS
from autograd.compiler.translation import Recording
from autograd.compiler.views import is_block

# To compile native loops takes as long as NumPy has for so many numbers, of which a line's call
# costs so many: 0.2 s, and 1 us.
FUSING, A_LINE = 200_000_000, 1_000
FloatArray = npt.NDArray[np.float64]
Flow = tuple[Array, Any]
Prepared = tuple[Callable[..., Any], Callable[..., Any]]


@dataclass(frozen=True)
class Compiled:
    """The source, what runs it, and what there is to tell about it."""

    source: str
    names: dict[str, Any]
    instructions: int
    numbers: int  # that a row computes
    products: int
    batched_result: bool
    size: int
    order: Any
    doubtful: bool  # whether rounding may leave it open which rows are on the path
    leaks: bool  # whether there are products that nobody asked for, of which 0 * inf is nan

    @cached_property
    def _fusion(self) -> Fusion:
        return Fusion(self.source)

    @cached_property
    def _code(self) -> Any:
        return compile(self.source, "<seegrad program>", "exec")

    @property
    def is_fused(self) -> bool:
        """Whether native loops were made, for some number of rows."""
        return "_fusion" in self.__dict__

    def _pays(self, count: int, calls: int) -> bool:
        """Whether to compile native loops takes less time than they save."""
        return calls * (A_LINE * self.instructions + count * self.numbers) >= FUSING

    def prepare(
        self, count: int, parameters: FloatArray, gradient: FloatArray, calls: int = 0
    ) -> Prepared:
        """Return forward and reverse for so many rows; they refer to nothing that holds them.

        `calls` are expected: with enough of them what is between products is native loops.
        """
        names = {**self.names, "B": count, "P": parameters, "G": gradient}
        if self._pays(count, calls) and not missing():
            self._fusion.prepare(names)
        else:
            exec(self._code, names)
        return names.pop("forward"), names.pop("reverse")


@dataclass(frozen=True)
class Guarded:
    """Guards of one kind: whether they hold, must they, and is it clear; None for certainly.

    `coarse` is cheap and clear nearly always.
    """

    holds: Array
    outcome: bool
    coarse: Array | None
    clear: Array | None


def assemble(
    recording: Recording,
    reroller: Reroller,
    groups: Sequence[Sequence[int]],
    order: Any = None,
) -> Compiled:
    """Compile one recording, not yet re-rolled; `groups` of results come back as one array each.

    The gradient is that of the first result of the first group. `order` says which parameter
    stands at each place of P; where it is None the places are chosen.
    """
    size = len(recording.parameters)
    guards = recording.guards
    reroller.run()
    program = reroller.arrays
    results = [reroller.gather(list(group), (len(group),)) for group in groups]
    outcomes, compared = [], []
    kinds = [(g.compare, g.outcome, g.left == g.right) for g in guards]
    for kind in dict.fromkeys(kinds):
        chosen = [g for g, mine in zip(guards, kinds, strict=True) if mine == kind]
        compare, outcome, _ = kind
        left = reroller.gather([g.left for g in chosen])
        right = reroller.gather([g.right for g in chosen])
        _, ufunc = SIGNS[compare]
        compared.append((left, right))
        outcomes.append((program.elementwise(ufunc, left, right), outcome))
    if order is None:
        order = _arrangement(program.instructions, reroller.parameters)
    place = np.argsort(order)
    squared = _squared_as_a_whole(program.instructions, reroller.parameters)
    for array in program.instructions:
        if array.op == "take" and array.args[0] is reroller.parameters and array not in squared:
            array.data = place[array.data]
    flows: list[tuple[Any, Any]] = []
    leaks = reroller.filled
    if results:
        first = program.take(results[0], np.zeros(1, dtype=np.intp))
        flows, sparse = gradient(program, first, reroller.parameters)
        leaks = leaks or sparse

    roots = [x for pair in compared for x in pair]
    coarse, fine = (
        [decided(program, left, right, bounds) for left, right in compared]
        for bounds in (
            CoarseBounds(program, roots, reroller.terms),
            Bounds(program, roots, reroller.terms),
        )
    )

    lowered, to = lower(program)
    results = [to[r] for r in results]
    guarded = [
        Guarded(to[holds], outcome, *[None if a is None else to[a] for a in clear])
        for (holds, outcome), *clear in zip(outcomes, coarse, fine, strict=True)
    ]
    flows = [
        (to[a], None if index is None or is_everything(index, size) else index)
        for a, index in flows
    ]
    back = needed([a for a, _ in flows])
    late = needed([g.clear for g in guarded if g.clear is not None])
    ahead = needed([*results, *[g.holds for g in guarded]]) | needed([a for a in late if a in back])
    coarsely = needed([g.coarse for g in guarded if g.coarse is not None]) - ahead
    back, late = back - ahead, late - ahead - coarsely
    ahead |= back & coarsely
    back, coarsely = back - ahead, coarsely - ahead

    emitter = Emitter(lowered.instructions)
    for array in lowered.instructions:
        if array in ahead or array.op in ("argument", "parameters"):
            emitter.emit(array)
    answers = "".join(f"{emitter.name[r]}, " for r in results)
    stages = [[a for a in lowered.instructions if a in stage] for stage in (coarsely, late)]
    finite = [emitter.name[to[array]] for array in reroller.checked if to[array] in ahead]
    instructions = _emit_verdict(emitter, guarded, answers, finite, *stages)
    forward, emitter.body = emitter.body, []
    _emit_reverse(emitter, [a for a in lowered.instructions if a in back], flows, size)

    arguments = [f"a{i}" for i in range(len(reroller.arguments))]
    lines = emitter.setup
    doubtful = any(guard.coarse is not None for guard in guarded)
    takes = [*arguments, "sure=False"] if doubtful else arguments
    lines += [f"def forward({', '.join(takes)}):"]
    lines += [f"    {line}" for line in _with_views(emitter.dynamic, forward)]
    lines += [f"def reverse({', '.join(['weight', *arguments])}):"]
    lines += [f"    {line}" for line in _with_views(emitter.dynamic, emitter.body)]
    lines += ["    return G"]
    source = "\n".join(lines) + "\n"
    executed = [a for a in lowered.instructions if a in ahead or a in back]
    return Compiled(
        source,
        emitter.names,
        instructions + len(emitter.body) - 1,
        sum(int(np.prod(a.shape)) for a in executed if a.batched),
        sum(str(a.op).startswith("matmul") for a in executed),
        bool(results) and results[0].batched,
        size,
        order,
        doubtful,
        leaks,
    )


def _arrangement(instructions: Sequence[Array], parameters: Array) -> Any:
    """Which parameter to put where in P: what is taken together stands together.

    A weight matrix (neurons, inputs) is then one block, which NumPy multiplies in 0.8 of the time
    of rows with biases in between. It stands there as (inputs, neurons): so its gradient is
    inputs.T @ upstream, in 0.8 of the time of upstream.T @ inputs (784 x 30, batch 32). Where it
    makes more of what is taken a block, each stays where it was.
    """
    size = parameters.shape[0]
    squared = _squared_as_a_whole(instructions, parameters)
    taken = []
    for array in instructions:
        if array.op == "take" and array.args[0] is parameters:
            if array not in squared:
                taken.append(array.data)
    everything = np.concatenate([*[each.T.ravel() for each in taken], np.arange(size)])
    _, first = np.unique(everything, return_index=True)

    def blocks(order: Any) -> int:
        place = np.argsort(order)
        return sum(is_block(place[each]) or is_block(place[each.T]) for each in taken)

    return max(everything[np.sort(first)], np.arange(size), key=blocks)


def _squared_as_a_whole(instructions: Sequence[Array], parameters: Array) -> set[Array]:
    """What takes all parameters in order, for sums of squares only: any order serves them."""
    size = parameters.shape[0]
    found = {
        array
        for array in instructions
        if array.op == "take" and array.args[0] is parameters and is_everything(array.data, size)
    }
    for array in instructions:
        if not (array.op == "matmul" and array.args[0] is array.args[1]):
            found.difference_update(a for a in array.args if isinstance(a, Array))
    return found


def _with_views(views: dict[str, str], body: list[str]) -> list[str]:
    """The body, and before it the views of arguments that it uses."""
    names = set(re.findall(r"\w+", " ".join(body)))
    lines: list[str] = []
    for name, view in reversed(views.items()):
        if name in names:
            lines.insert(0, f"{name} = {view}")
            names.update(re.findall(r"\w+", view))
    return lines + body


def _emit_verdict(
    emitter: Emitter,
    guarded: Sequence[Guarded],
    answers: str,
    finite: Sequence[str],
    coarsely: Sequence[Array],
    late: Sequence[Array],
) -> int:
    """Emit the answer: results, rows on this path, and rows of which that is unclear.

    Rows are off the path if a guard clearly fails; a bound that is nan makes nothing clear. The
    caller may be `sure` that all rows are on it; if not, coarse bounds come first, and the others
    only where those leave something open. Returns the number of lines without bounds.
    """
    name = emitter.name
    met = [name[g.holds] if g.outcome else f"~{name[g.holds]}" for g in guarded]
    on = " & ".join(f"({holds}).all(axis=-1)" for holds in met) or "True"
    inexact = [g.coarse for g in guarded if g.coarse is not None]
    if finite:  # what fills products up may have got into them: then the function itself decides
        checks = " & ".join(f"np.isfinite({array}).all(axis=-1)" for array in finite)
        emitter.body += [f"finite = {checks}", "if not np.all(finite):"]
        verdict = "finite & False, finite | True" if inexact else f"finite & ({on}), ~finite"
        emitter.body.append(f"    return ({answers}), {verdict}")
    if not inexact:
        emitter.body.append(f"return ({answers}), {on}, False")
        return len(emitter.body)
    lines = len(emitter.body)
    emitter.body += ["if sure:", f"    return ({answers}), True, False"]
    for array in coarsely:
        emitter.emit(array)
    coarse = " and ".join(f"{name[a]}.all()" for a in inexact)
    emitter.body += [f"if {coarse}:", f"    return ({answers}), {on}, False"]
    for array in late:
        emitter.emit(array)
    clear = [None if g.clear is None else name[g.clear] for g in guarded]
    pairs = list(zip(guarded, met, clear, strict=True))
    on = " & ".join(f"({m}{f' & {c}' if c else ''}).all(axis=-1)" for _, m, c in pairs)
    fails = [f"~{name[g.holds]}" if g.outcome else name[g.holds] for g in guarded]
    off = " | ".join(
        f"({f}{f' & {c}' if c else ''}).any(axis=-1)" for f, c in zip(fails, clear, strict=True)
    )
    emitter.body += [f"on = {on}", f"return ({answers}), on, ~(on | {off})"]
    return lines


def _emit_reverse(
    emitter: Emitter, arrays: Sequence[Array], flows: Sequence[Flow], size: int
) -> None:
    """Emit the reverse sweep and put what flows to the parameters into G.

    Flows to parts of the parameters are written straight into views of G; what flows to all of
    them, as from a penalty, is added at the end.
    """
    parts = sorted((f for f in flows if f[1] is not None), key=lambda f: emitter.rank[f[0]])
    wholes = [flow for flow, index in flows if index is None]
    times = np.zeros(size, dtype=int)
    for _, index in parts:
        np.add.at(times, index.ravel(), 1)
    disjoint = not parts or times.max() <= 1
    if not disjoint or (wholes and parts and times.min() == 0):
        emitter.body.append("G.fill(0.0)")
    target = Array.__new__(Array)
    target.shape, target.batched, target.op = (size,), False, "parameters"
    emitter.name[target] = "G"
    emitter.whole_seeds.update(flow for flow, _ in flows if flow.op == "seed")
    direct, later = {}, []
    times_used = Counter(flow for flow, _ in flows)
    for flow, index in parts:
        view = emitter.view(target, index)
        once = times_used[flow] == 1 and emitter.uses.get(flow, 0) == 0
        if disjoint and view and once and flow in arrays and _writes_out(flow):
            direct[flow] = view
            if not is_block(index):
                emitter.loose.add(f"t{emitter.rank[flow]}")
        else:
            later.append((flow, index, view))
    for array in arrays:
        emitter.emit(array, direct.get(array))
    for flow, index, view in later:
        emitter.body.append(_update(emitter, flow, index, view, disjoint))
    for i, flow in enumerate(wholes):
        first = not parts and i == 0
        name = emitter.name[flow]
        row = f"{name}.reshape({size})" if len(flow.shape) > 1 else name
        emitter.body.append(f"G[...] = {row}" if first else f"np.add(G, {row}, out=G)")


def _update(emitter: Emitter, flow: Array, index: Any, view: str | None, disjoint: bool) -> str:
    """The line that writes, or adds, a flow to its places in G."""
    name = emitter.name[flow]
    if view is not None:
        place = f"g{len(emitter.setup)}"
        emitter.setup.append(f"{place} = {view}")
        return f"{place}[...] = {name}" if disjoint else f"np.add({place}, {name}, out={place})"
    value = f"{name}.reshape({index.size})" if len(flow.shape) > 1 else name
    places = emitter.bind("i", index.ravel())
    return f"G[{places}] = {value}" if disjoint else f"np.add.at(G, {places}, {value})"


def _writes_out(array: Array) -> bool:
    if array.op in ("matmul_tn", "sum_over_batch"):
        return bool(array.args[0].op != "seed")
    return isinstance(array.op, np.ufunc) and array.op is not np.power
