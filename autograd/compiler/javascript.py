"""JavaScript: the scalar program for a page, which computes with it what the engine does.

What `straight` writes as Python, forward and reverse, is written here as JavaScript, from the same
slots. All numbers live in one array V, so a long program is cut anywhere into functions of a length
that browsers still optimise, and lines that repeat a pattern become loops (`loops`).
For f(x) = sin(x) * p:

    function program(A, P, R, G) {
      V[2] = VALUES["sin"](A[0]);
      V[3] = V[2] * P[0];
      R[0] = V[3];
      if (G) { G[0] += V[2]; }
      return true;
    }

A are the arguments of one row, flat, P the parameters, R takes the results, and to G, where it is
given, the gradient of the first result by the parameters is added. What is returned is whether the
row takes a path that was recorded. Values that the program only reads are written as they are now.
Invariant: the text holds numbers, names of its own and what the rows say of themselves, and nothing
of the user's.
"""

import json
from collections.abc import Sequence

from autograd.compiler.loops import rolled
from autograd.compiler.parameters import Parameters
from autograd.compiler.scalars import ARGUMENT, CONSTANT, OPERATION, SIGNS
from autograd.compiler.straight import INFIX, StraightLine
from autograd.compiler.trace import Guard
from autograd.engine import table as primitives
from autograd.pictures.javascript import Table, literal

# Of a function. V8 leaves functions of 1,500 lines as they are, and of 50 there are too many. With
# loops it optimises a 64-16-10 network after some 200 examples, from 700 us an example to 12; line
# by line it took 3,000.
LINES = 150


def javascript(paths: Sequence[StraightLine], parameters: Parameters) -> str:
    """Return the text that defines `program(A, P, R, G)`; P and G are those that are trained.

    Raises `TypeError` where a row of the user's own cannot be written as JavaScript.
    """
    places = [literal(value.data) for value in parameters.values]
    for i, place in enumerate(parameters.trained().tolist()):
        places[place] = f"P[{i}]"
    writers = [_Writer(path, places) for path in paths]
    rows = [
        (writer.program.what[slot], len(writer.program.args[slot]))
        for writer in writers
        for slot in writer.slots
        if writer.program.what[slot] not in INFIX
    ]
    table = Table(dict.fromkeys(rows))
    if table.frozen:
        raise TypeError("; ".join(f"`{name}`: {why}" for name, why in table.frozen.items()))
    size = max((len(writer.program) for writer in writers), default=0)
    parts = [table.values(), f"const V = new Float64Array({size});"]
    parts += [writer.text(f"path{i}", table) for i, writer in enumerate(writers)]
    names = ", ".join(f"path{i}" for i in range(len(writers)))
    parts.append(f"""const PATHS = [{names}];
function program(A, P, R, G) {{
  for (const path of PATHS) if (path(A, P, R, G)) return true;
  return false;
}}""")
    return "\n".join(parts)


class _Writer:
    """Writes one path; `places` are where its parameters stand."""

    def __init__(self, path: StraightLine, places: Sequence[str]) -> None:
        self.path, self.program, self.places = path, path.program, places
        self.slopes = path.slots  # before the roots: they add slots
        ahead = self._operations([*path.results, *path.watched])
        known = set(ahead)
        self.forward = ahead
        self.reverse = [s for s in self._operations(self.slopes) if s not in known]

    @property
    def slots(self) -> list[int]:
        """All operations, in order."""
        return [*self.forward, *self.reverse]

    def _operations(self, roots: Sequence[int]) -> list[int]:
        return [s for s in self.program.needed(roots) if self.program.kind[s] == OPERATION]

    def text(self, name: str, table: Table) -> str:
        """The function of this path, and those that it calls."""
        forward = rolled([self._line(slot, table) for slot in self.forward])
        reverse = rolled([self._line(slot, table) for slot in self.reverse])
        results = rolled([f"R[{i}] = {self._name(s)};" for i, s in enumerate(self.path.results)])
        slopes = [
            f"{place.replace('P', 'G')} += {self._name(s)};"
            for place, s in zip(self.places, self.slopes, strict=False)
            if place[0] == "P" and self.program.number(s) != 0.0
        ]
        called, calls = _parts(f"{name}forward", "A, P", forward)
        called_back, calls_back = _parts(f"{name}reverse", "A, P", reverse)
        called_last, calls_last = _parts(f"{name}slopes", "A, P, G", rolled(slopes))
        checks = [self._check(guard) for guard in self.path.guards]
        back = f"if (G) {{ {' '.join([*calls_back, *calls_last])} }}"
        body = [*calls, *checks, *results, back, "return true;"]
        inside = "".join(f"  {line}\n" for line in body)
        functions = [*called, *called_back, *called_last]
        return "\n".join([*functions, f"function {name}(A, P, R, G) {{\n{inside}}}"])

    def _check(self, guard: Guard) -> str:
        sign = SIGNS[guard.compare][0]
        sign = {"==": "===", "!=": "!=="}.get(sign, sign)
        text = f"{self._name(guard.left)} {sign} {self._name(guard.right)}"
        return f"if ({f'!({text})' if guard.outcome else text}) return false;"

    def _line(self, slot: int, table: Table) -> str:
        row, args = self.program.what[slot], self.program.args[slot]
        names = [self._name(a) for a in args]
        if row in INFIX:
            text = f"{names[0]} {INFIX[row]} {names[1]}"
        elif row is primitives.dot:
            half = len(names) // 2
            text = " + ".join(map(" * ".join, zip(names[:half], names[half:], strict=True)))
        else:
            key = json.dumps(table.keys[row, len(args)])
            text = f"VALUES[{key}]({', '.join(names)})"
        return f"V[{slot}] = {text};"

    def _name(self, slot: int) -> str:
        kind, what = self.program.kind[slot], self.program.what[slot]
        if kind in (OPERATION, ARGUMENT):
            return f"V[{slot}]" if kind == OPERATION else f"A[{what}]"
        text = literal(what) if kind == CONSTANT else self.places[what]
        return f"({text})" if text.startswith("-") else text


def _parts(name: str, parameters: str, lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Functions of at most `LINES` lines, and the calls of them; short ones need no function."""
    if len(lines) <= LINES:
        return [], list(lines)
    functions, calls = [], []
    for i in range(0, len(lines), LINES):
        inside = "".join(f"  {line}\n" for line in lines[i : i + LINES])
        functions.append(f"function {name}{i // LINES}({parameters}) {{\n{inside}}}")
        calls.append(f"{name}{i // LINES}({parameters});")
    return functions, calls
