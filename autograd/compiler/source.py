"""Assembly: from a recording to the source of `prepare`, and to the function itself.

For `compile(lambda x: (w * x[0] + v * x[1]).tanh(), batch=True)` the source reads, shortened:

    def prepare(B, P, G):
        t3 = P[0:2][None]                            # the two parameters as a 1 x 2 matrix
        t4 = np.empty((B, 1))
        a0 = np.empty((B, 2))
        def forward():
            np.matmul(a0, t3.T, out=t4)
            np.tanh(t4, out=t5)
            return (t5,), True
        def reverse(weight):
            ...                                      # one line for each local partial
            np.matmul(t12.T, m0, out=G[0:2][None])
        return forward, reverse
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.compiler.arrays import Array
from autograd.compiler.emit import Emitter
from autograd.compiler.lower import lower
from autograd.compiler.reroll import Reroller
from autograd.compiler.reverse import gradient
from autograd.compiler.trace import Recording

UFUNCS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "ne": np.not_equal,
}


@dataclass(frozen=True)
class Compiled:
    """The source, `prepare` made of it, and what there is to tell about it."""

    source: str
    prepare: Callable[..., Any]
    instructions: int
    products: int
    batched_result: bool
    size: int


def assemble(
    recording: Recording, widths: Sequence[int], batched: bool, groups: Sequence[Sequence[int]]
) -> Compiled:
    """Compile one recording; `groups` of results come back as one array each.

    The gradient is that of the first result of the first group.
    """
    size = len(recording.parameters)
    slots = [slot for group in groups for slot in group]
    guards = recording.guards
    reroller = Reroller(recording.program, widths, batched, size)
    reroller.run([*slots, *[s for g in guards for s in (g.left, g.right)]])
    program = reroller.arrays
    results = [reroller.gather(list(group), (len(group),)) for group in groups]
    outcomes = []
    for compare, outcome in dict.fromkeys((g.compare, g.outcome) for g in guards):
        chosen = [g for g in guards if (g.compare, g.outcome) == (compare, outcome)]
        left = reroller.gather([g.left for g in chosen])
        right = reroller.gather([g.right for g in chosen])
        ufunc = UFUNCS[compare.__name__]
        outcomes.append((program.elementwise(ufunc, left, right), outcome))
    first = program.take(results[0], np.zeros(1, dtype=np.intp))
    flows = gradient(program, first, reroller.parameters)

    lowered, to = lower(program)
    results = [to[r] for r in results]
    outcomes = [(to[a], outcome) for a, outcome in outcomes]
    flows = [(to[a], index) for a, index in flows]
    ahead = _needed([*results, *[a for a, _ in outcomes]])
    back = _needed([a for a, _ in flows]) - ahead

    emitter = Emitter(lowered.instructions)
    for array in lowered.instructions:
        if array in ahead or array.op in ("argument", "parameters"):
            emitter.emit(array)
    answers = "".join(f"{emitter.name[r]}, " for r in results)
    emitter.body.append(f"return ({answers}), {_verdict(emitter, outcomes)}")
    forward, emitter.body = emitter.body, []
    _emit_reverse(emitter, [a for a in lowered.instructions if a in back], flows, size)

    arguments = "".join(f"a{i}, " for i in range(len(widths)))
    lines = ["def prepare(B, P, G):"]
    lines += [f"    {line}" for line in emitter.setup]
    lines += ["    def forward():", *[f"        {line}" for line in forward]]
    lines += ["    def reverse(weight):", *[f"        {line}" for line in emitter.body]]
    lines += ["        return G", f"    return ({arguments}), forward, reverse"]
    source = "\n".join(lines) + "\n"
    exec(compile(source, "<scalargrad program>", "exec"), emitter.names)
    executed = [a for a in lowered.instructions if a in ahead | back]
    return Compiled(
        source,
        emitter.names["prepare"],
        len(forward) + len(emitter.body) - 1,
        sum(str(a.op).startswith("matmul") for a in executed),
        results[0].batched,
        size,
    )


def _needed(arrays: Sequence[Array]) -> set[Array]:
    found: set[Array] = set()
    stack = list(arrays)
    while stack:
        array = stack.pop()
        if array not in found:
            found.add(array)
            stack += [a for a in array.args if isinstance(a, Array)]
    return found


def _verdict(emitter: Emitter, outcomes: Sequence[tuple[Array, bool]]) -> str:
    """An expression for which rows took this path: a mask of the batch, or one bool."""
    parts = []
    for array, outcome in outcomes:
        name = emitter.name[array]
        parts.append(f"({name} if {outcome} else ~{name}).all(axis=-1)".replace("True", "1"))
    return " & ".join(parts).replace("if 1 ", "if True ") or "True"


def _emit_reverse(
    emitter: Emitter, arrays: Sequence[Array], flows: Sequence[tuple[Array, Any]], size: int
) -> None:
    """Emit the reverse sweep and put what flows to the parameters into G."""
    flows = sorted(flows, key=lambda flow: emitter.rank[flow[0]])
    covered = np.zeros(size, dtype=int)
    modes = []
    wholes = [flow for flow in flows if flow[1] is None or len(np.unique(flow[1])) == size]
    if len(flows) > 1 and wholes:  # a penalty on all parameters comes first, the others add to it
        flows.remove(wholes[0])
        flows.insert(0, wholes[0])
    for _, index in flows:
        flat = np.arange(size) if index is None else index.ravel()
        repeated = len(np.unique(flat)) < len(flat)
        fresh, seen = (covered[flat] == 0).all(), (covered[flat] > 0).all()
        modes.append("at" if repeated else "=" if fresh else "+=" if seen else "mixed")
        covered[flat] += 1
    if "mixed" in modes or "at" in modes:
        emitter.body.append("G.fill(0.0)")
        modes = ["at" if mode == "at" else "+=" for mode in modes]

    parameters = Array.__new__(Array)
    parameters.shape, parameters.batched, parameters.op = (size,), False, "parameters"
    emitter.name[parameters] = "G"
    direct: dict[Array, str] = {}
    later: list[tuple[str, str, Array]] = []
    for (flow, index), mode in zip(flows, modes, strict=True):
        view = "G" if index is None else emitter.view(parameters, index)
        once = (
            not (len(flows) > 1 and wholes)
            and sum(f is flow for f, _ in flows) == 1
            and emitter.uses.get(flow, 0) == 0
        )
        if view is not None and mode == "=" and once and flow in arrays and _writes_out(flow):
            direct[flow] = view
        elif view is None:
            later.append((emitter.bind("i", index.ravel()), mode, flow))
        else:
            later.append((view, mode, flow))
    for array in arrays:
        emitter.emit(array, direct.get(array))
    for target, mode, flow in later:
        value = emitter.name[flow]
        if target.startswith("i"):
            value = f"{value}.reshape(-1)" if len(flow.shape) > 1 else value
            update = f"np.add.at(G, {target}, {value})" if mode == "at" else ""
            emitter.body.append(update or f"G[{target}] {mode} {value}")
        else:
            if mode == "at":
                mode = "+="
            name = f"g{len(emitter.setup)}"
            emitter.setup.append(f"{name} = {target}")
            emitter.body.append(
                f"{name}[...] = {value}" if mode == "=" else f"np.add({name}, {value}, out={name})"
            )


def _writes_out(array: Array) -> bool:
    return array.op in ("matmul_tn", "sum_over_batch") or (
        isinstance(array.op, np.ufunc) and array.op is not np.power
    )
