"""To C: a program as one C file with its header, for what has no Python.

The tape that native code is made of is written as C, path by path: what each of its functions is
there `FORMS` says. For f(x) = sin(x) * p, in a file called f.c:

    static void f_forward0_0(const double *A, const double *P, double *V) {
      V[0] = sin(A[0]);
      V[1] = V[0] * P[0];
    }

and `f_run(A, P, R, G)`, which tries the recorded paths in turn. Invariant: where the C library is
the one that Python calls, and the compiler neither fuses nor reorders, all results are eager's, bit
for bit. The text holds numbers and names of its own, and of the user's the file's name only.
"""

import math
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.compiler.native import LIBM
from autograd.compiler.parameters import Parameters
from autograd.compiler.straight import MOST, StraightLine
from autograd.compiler.tape import Plan, UnreadableError

LINES = 500  # of a function: C compilers, too, take longer than linear time for one
FORMS: dict[Any, str] = {
    **{np.add: "{} + {}", np.subtract: "{} - {}", np.multiply: "{} * {}"},
    **{np.true_divide: "{} / {}", np.negative: "-{}"},
    **{np.greater: "{} > {}", np.greater_equal: "{} >= {}", np.less: "{} < {}"},
    **{np.less_equal: "{} <= {}", np.equal: "{} == {}", np.not_equal: "{} != {}"},
    np.where: "{} != 0.0 ? {} : {}",
    np.maximum: "{0} >= {1} || {0} != {0} ? {0} : {1}",  # nan wins, and of equals the first
    np.minimum: "{0} <= {1} || {0} != {0} ? {0} : {1}",
    **{
        function: f"{name}({', '.join(['{}'] * getattr(function, 'nin', 1))})"
        for function, name in LIBM.items()
    },
}


def to_c(
    paths: Sequence[StraightLine], parameters: Parameters, path: str | os.PathLike[str]
) -> None:
    """Write the file and, beside it, its header; raises as `Program.to_c` says."""
    place = Path(path)
    name = place.stem
    if place.suffix != ".c" or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise ValueError(
            f"`path` must be a C name and .c, such as model.c, got {place.name!r:.60}: the "
            "function is called after the file"
        )
    trained = parameters.trained().tolist()
    names = [_number(float(value.data)) for value in parameters.values]
    for i, where in enumerate(trained):
        names[where] = f"P[{i}]"
    functions, calls = [], []
    for i, line in enumerate(paths):
        try:
            plan = line.plan(True)
        except UnreadableError as reason:
            raise TypeError(f"{reason}, and cannot be written in C") from reason
        if len(plan.steps) > MOST:
            raise ValueError(
                f"the program has {len(plan.steps):,} steps, more than the {MOST:,} that are "
                "written in C: write a part of it, such as one row or one step of a loop"
            )
        functions.append(_Writer(plan, names, f"{name}_path{i}").text(trained))
        calls.append(f"  if (!{name}_path{i}(A, P, R, G)) return 0;\n")
    start = ", ".join(_number(float(parameters.values[i].data)) for i in trained) or "0"
    sizes = paths[0].arguments, len(trained), len(paths[0].results)
    place.with_suffix(".h").write_text(_header(name, sizes), encoding="ascii")
    place.write_text(
        f'#include <math.h>\n#include "{name}.h"\n\n'
        f"const double {name}_parameters[] = {{{start}}};\n\n"
        f"{''.join(functions)}"
        f"int {name}_run(const double *A, const double *P, double *R, double *G) {{\n"
        f"{''.join(calls)}  return 1;\n}}\n",
        encoding="ascii",
    )


def _header(name: str, sizes: tuple[int, int, int]) -> str:
    arguments, parameters, results = sizes
    return f"""#ifndef SEEGRAD_{name}
#define SEEGRAD_{name}

/* A: {arguments} arguments. P: {parameters} parameters. R: takes {results} results. G: takes the
   gradient of the first result by P, or NULL. Returns 0, or 1 where the arguments take a path that
   was not recorded; then R and G stay. Compile without -ffast-math, with -ffp-contract=off. */
int {name}_run(const double *A, const double *P, double *R, double *G);
extern const double {name}_parameters[]; /* P as it was when this was written */

#endif
"""


class _Writer:
    """Writes one path: its steps, in functions of `LINES`, and what calls them.

    `names` says what each parameter is: a place in P, or the number that it holds.
    """

    def __init__(self, plan: Plan, names: Sequence[str], name: str) -> None:
        self.plan, self.name = plan, name
        self.places = [*(f"A[{i}]" for i in range(plan.sizes[0])), *names[: plan.sizes[1]]]

    def text(self, trained: Sequence[int]) -> str:
        """The functions of this path; `trained` are the parameters whose slopes are asked for."""
        plan = self.plan
        ahead = self._parts("forward", 0, plan.ahead)
        back = self._parts("reverse", plan.ahead, len(plan.steps))
        inside = [f"double V[{max(1, len(plan.steps))}];", *self._calls("forward", len(ahead))]
        for compare, left, right, outcome in plan.guards:
            holds = FORMS[compare].format(self._of(left), self._of(right))
            inside.append(f"if ({f'!({holds})' if outcome else holds}) return 1;")
        inside += [f"R[{i}] = {self._of(x)};" for i, x in enumerate(plan.results)]
        inside += ["if (!G) return 0;", *self._calls("reverse", len(back))]
        slopes = [plan.slopes[i] if i < len(plan.slopes) else 0.0 for i in trained]
        inside += [f"G[{i}] = {self._of(x)};" for i, x in enumerate(slopes)]
        lines = "".join(f"  {line}\n" for line in [*inside, "return 0;"])
        takes = "const double *A, const double *P, double *R, double *G"
        return f"{''.join([*ahead, *back])}static int {self.name}({takes}) {{\n{lines}}}\n\n"

    def _parts(self, direction: str, start: int, stop: int) -> list[str]:
        return [
            f"static void {self.name}_{direction}{i}(const double *A, const double *P, double *V) "
            f"{{\n{''.join(self._lines(range(at, min(at + LINES, stop))))}}}\n\n"
            for i, at in enumerate(range(start, stop, LINES))
        ]

    def _calls(self, direction: str, count: int) -> Iterable[str]:
        return [f"{self.name}_{direction}{i}(A, P, V);" for i in range(count)]

    def _lines(self, steps: Iterable[int]) -> Iterable[str]:
        for i in steps:
            function, operands = self.plan.steps[i]
            yield f"  V[{i}] = {FORMS[function].format(*map(self._of, operands))};\n"

    def _of(self, x: Any) -> str:
        if x.__class__ is float:
            return _number(x)
        first = len(self.places)
        return self.places[x] if x < first else f"V[{x - first}]"


def _number(x: float) -> str:
    """A double in C, to the bit."""
    if not math.isfinite(x):
        return "NAN" if x != x else "INFINITY" if x > 0.0 else "(-INFINITY)"
    return repr(x) if math.copysign(1.0, x) > 0.0 else f"({x!r})"
