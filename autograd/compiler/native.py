"""Native code: one evaluation of a tape by LLVM, from text, where llvmlite is installed.

`FORMS` says what each function of a tape is in LLVM's intermediate representation. The text of
sin(x) * p, value 0 and 1 in the workspace W, its result behind them:

    define internal i1 @part0(ptr %W) {
      ...                                     ; %v0 and %v1 are loaded
      %v2 = call double @sin(double %v0)
      %v3 = fmul double %v2, %v1
      ...                                     ; %v3 is stored in W[2]
      ret i1 true                             ; the guards hold
    }

Parts have some 500 lines, for LLVM's time to compile a function grows with its square; what
crosses from part to part lives in W, of which each thread has its own. Nothing is reordered and
nothing fused, and `sin` is the one that Python calls: invariant: a result is eager's bit for bit.
"""

import ctypes
import os
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.tape import Guard, Plan, erf

LINES = 500  # of a part
_COMPARE = "{0}c = fcmp {op} {t} {1}, {2}\n{0} = uitofp {b} {0}c to {t}"
_EXTREME = (  # nan wins, and of equals the first
    "{0}c = fcmp {op} {t} {1}, {2}\n{0}n = fcmp uno {t} {1}, {1}\n{0}d = or {b} {0}c, {0}n\n"
    "{0} = select {b} {0}d, {t} {1}, {t} {2}"
)


def _compare(op: str) -> str:
    return _COMPARE.replace("{op}", op)


def _call(name: str, inputs: int = 1) -> str:
    args = ", ".join(f"{{t}} {{{i + 1}}}" for i in range(inputs))
    return f"{{0}} = call {{t}} {{@{name}}}({args})"


# {0} is the result, {1} and on are operands, {t} the type, {b} that of its comparisons.
FORMS: dict[Any, str] = {
    np.add: "{0} = fadd {t} {1}, {2}",
    np.subtract: "{0} = fsub {t} {1}, {2}",
    np.multiply: "{0} = fmul {t} {1}, {2}",
    np.true_divide: "{0} = fdiv {t} {1}, {2}",
    np.negative: "{0} = fneg {t} {1}",
    np.greater: _compare("ogt"),
    np.greater_equal: _compare("oge"),
    np.less: _compare("olt"),
    np.less_equal: _compare("ole"),
    np.equal: _compare("oeq"),
    np.not_equal: _compare("une"),
    np.where: "{0}c = fcmp une {t} {1}, {zero}\n{0} = select {b} {0}c, {t} {2}, {t} {3}",
    np.maximum: _EXTREME.replace("{op}", "oge"),
    np.minimum: _EXTREME.replace("{op}", "ole"),
    np.absolute: _call("llvm.fabs"),
    np.sqrt: _call("llvm.sqrt"),
    np.floor: _call("llvm.floor"),
    np.ceil: _call("llvm.ceil"),
    np.copysign: _call("llvm.copysign", 2),
    **{
        getattr(np, name): _call(name)
        for name in (
            *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt"),
            *("sin", "cos", "tan", "sinh", "cosh", "tanh"),
        )
    },
    **{
        getattr(np, f"arc{name}"): _call(f"a{name}")
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
    },
    np.power: _call("pow", 2),
    np.arctan2: _call("atan2", 2),
    np.hypot: _call("hypot", 2),
    np.fmod: _call("fmod", 2),
    erf: _call("erf"),
}
VECTOR = 4  # lanes of a vector
# Of libmvec's functions those that were measured to be right to 3 units in the last place.
MEASURED = ("exp", "expm1", "log", "log1p", "sin", "cos", "sinh", "tanh", "erf")


class MissingError(Exception):
    """Why there is no native code."""


@cache
def _llvm() -> Any:
    """llvmlite's binding, ready to compile; raises `MissingError` where there is none."""
    if os.environ.get("SEEGRAD_NATIVE") == "0":
        raise MissingError("SEEGRAD_NATIVE=0 turns native code off")
    try:
        import llvmlite.binding as llvm
    except ImportError:
        raise MissingError("llvmlite is not installed: pip install 'seegrad[native]'") from None
    try:
        llvm.initialize()
    except RuntimeError:  # newer versions do it themselves
        pass
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for library in ("libm.so.6", "libmvec.so.1"):
        try:
            llvm.load_library_permanently(library)
        except RuntimeError:  # another platform; Python brings its functions along
            pass
    return llvm


def missing() -> str:
    """Return why there is no native code here, "" where there is."""
    try:
        _llvm()
    except MissingError as reason:
        return str(reason)
    return ""


class Code:
    """Machine code made of the text of a module; freed with this object."""

    def __init__(self, text: str, optimize: int = 0) -> None:
        llvm = _llvm()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=optimize,
            jit=True,
        )
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
        self._engine.finalize_object()

    def function(self, name: str, *arguments: Any) -> Callable[..., Any]:
        """Return a function of the module that takes these and returns an int."""
        return ctypes.CFUNCTYPE(ctypes.c_int32, *arguments)(self.address(name))

    def address(self, name: str) -> int:
        """Return where a function of the module begins."""
        address: int = self._engine.get_function_address(name)
        return address


@cache
def form(step: Any, lanes: int = 1, exact: bool = True) -> tuple[str, str]:
    """The text of a step, for `str.format`, and the declarations of what it calls.

    In lanes a function is libmvec's, where there is one and it need not be `exact`, or else called
    for one lane after another. Raises `MissingError` where a function has no native form.
    """
    if step not in FORMS:
        raise MissingError(f"`{getattr(step, '__name__', step)}` has no native form")
    kind = "double" if lanes == 1 else f"<{lanes} x double>"
    text = FORMS[step].replace("{t}", kind).replace("{zero}", "zeroinitializer")
    text = text.replace("{b}", "i1" if lanes == 1 else f"<{lanes} x i1>")
    if "{@" not in text:
        return text, ""
    before, called = text.split("{@")
    name, after = called.split("}", 1)
    count = after.count("{")
    name, declared = _function(name, count, lanes, kind, exact)
    return f"{before}@{name}{after}", declared


def _function(name: str, count: int, lanes: int, kind: str, exact: bool) -> tuple[str, str]:
    """The name of a function of this kind of numbers, and its declaration or definition."""
    if name.startswith("llvm."):
        name = f"{name}.{'' if lanes == 1 else f'v{lanes}'}f64"
        return name, f"declare {kind} @{name}({', '.join([kind] * count)})\n"
    symbol = _llvm().address_of_symbol
    several = f"_ZGVdN{lanes}v_{name}"  # as libmvec names it
    if lanes > 1 and not exact and name in MEASURED and _has_avx2() and symbol(several):
        return several, f"declare {kind} @{several}({kind})\n"
    if not symbol(name):
        raise MissingError(f"the platform's C library has no `{name}`")
    declared = f"declare double @{name}({', '.join(['double'] * count)})\n"
    return (name, declared) if lanes == 1 else _lane_by_lane(name, count, lanes, kind, declared)


@cache
def _has_avx2() -> bool:
    """Whether the processor runs libmvec's functions of four lanes."""
    return bool(_llvm().get_host_cpu_features().get("avx2"))


def _lane_by_lane(name: str, count: int, lanes: int, kind: str, declared: str) -> tuple[str, str]:
    takes = ", ".join(f"{kind} %x{i}" for i in range(count))
    lines, result = [], "zeroinitializer"
    for lane in range(lanes):
        for i in range(count):
            lines.append(f"%x{i}.{lane} = extractelement {kind} %x{i}, i32 {lane}")
        given = ", ".join(f"double %x{i}.{lane}" for i in range(count))
        lines.append(f"%y{lane} = call double @{name}({given})")
        lines.append(f"%r{lane} = insertelement {kind} {result}, double %y{lane}, i32 {lane}")
        result = f"%r{lane}"
    body = "\n".join([*lines, f"ret {kind} {result}"])
    made = f"lanes.{name}"
    return made, f"{declared}define internal {kind} @{made}({takes}) {{\n{body}\n}}\n"


def number(x: float) -> str:
    """A double in LLVM's notation, to the bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


class NativeLine:
    """One evaluation as machine code: results and guards of a tape, and perhaps `slopes`.

    `value` and `both` run it on a workspace at an address, and return whether the guards hold.
    Raises `MissingError` where a step has no native form.
    """

    def __init__(self, plan: Plan) -> None:
        parts = (*plan.sizes, len(plan.results), len(plan.slopes))
        self._ends = list(accumulate(parts, initial=0))
        writer = _Writer(plan)
        self._code = Code(writer.text())
        self.has_slopes = bool(plan.slopes)
        self.value = self._code.function("value", ctypes.c_void_p)
        self.both = self._code.function("both", ctypes.c_void_p)
        self._start = np.zeros(writer.size)
        for place, x in writer.constants:
            self._start[place] = x
        self._local = threading.local()

    def run(
        self, row: Sequence[npt.NDArray[np.float64]], parameters: Any, reverse: bool
    ) -> tuple[npt.NDArray[np.float64], bool, npt.NDArray[np.float64]]:
        """Return the results, whether the guards hold, and the slopes where `reverse` says so."""
        try:
            address, (arguments, own, results, slopes) = self._local.workspace
        except AttributeError:
            self._local.workspace = self.new_workspace()
            address, (arguments, own, results, slopes) = self._local.workspace
        if row:
            arguments[:] = row[0] if len(row) == 1 else np.concatenate(row)
        own[:] = parameters if len(parameters) == len(own) else parameters[: len(own)]
        holds = (self.both if reverse else self.value)(address)
        return results.copy(), holds != 0, slopes.copy()

    def new_workspace(self) -> tuple[int, list[npt.NDArray[np.float64]]]:
        """Return its address, and views of arguments, parameters, results and slopes.

        A workspace is for one thread, and lives as long as one of the views.
        """
        workspace = self._start.copy()
        views = [workspace[start:stop] for start, stop in pairwise(self._ends)]
        return workspace.ctypes.data, views


class _Writer:
    """Writes the module of a straight line: parts, and what calls them one after another."""

    def __init__(self, plan: Plan) -> None:
        _, steps, ahead, results, guards, slopes = plan
        self.first, self.steps = sum(plan.sizes), steps
        self.forms = [form(step) for step, _ in steps]
        self.constants: list[tuple[int, float]] = []
        self.starts, self.part_of = self._divide(ahead)
        self.back = self.part_of[ahead] if ahead < len(steps) else len(self.starts)
        self.home: dict[int, int] = {}
        self.stores: list[list[tuple[int, int]]] = [[] for _ in self.starts]
        self.guards: list[list[Guard]] = [[] for _ in self.starts]
        self.size = self.first
        for x in results:
            self._end(x, 0)
        for x in slopes:
            self._end(x, min(self.back, len(self.starts) - 1))
        for guard in guards:
            part = max(self._part(x, 0) for x in guard[1:3])
            self.guards[part].append(guard)
            self._used(guard[1:3], part)
        for i, (_, operands) in enumerate(steps):
            self._used(operands, self.part_of[i])

    def _divide(self, ahead: int) -> tuple[list[int], list[int]]:
        """Where each part begins, and in which each step is."""
        starts, parts, lines = [0], [], 0
        for i, (text, _) in enumerate(self.forms):
            if lines >= LINES or (i == ahead and i):
                starts.append(i)
                lines = 0
            lines += 1 + text.count("\n")
            parts.append(len(starts) - 1)
        return starts, parts

    def _part(self, x: Any, part: int) -> int:
        return part if x.__class__ is float or x < self.first else self.part_of[x - self.first]

    def _end(self, x: Any, part: int) -> None:
        """Give a result the next place in W; its part stores it there."""
        if x.__class__ is float:
            self.constants.append((self.size, x))
        else:
            self.stores[self._part(x, part)].append((x, self.size))
            if x >= self.first:
                self.home.setdefault(x, self.size)
        self.size += 1

    def _used(self, operands: Iterable[Any], part: int) -> None:
        """Give what another part computes a place in W."""
        for x in operands:
            if x.__class__ is not float and x >= self.first and x not in self.home:
                made = self.part_of[x - self.first]
                if made != part:
                    self.home[x] = self.size
                    self.stores[made].append((x, self.size))
                    self.size += 1

    def text(self) -> str:
        """The whole module."""
        declared = dict.fromkeys(declaration for _, declaration in self.forms)
        parts = [self._text_of(i) for i in range(len(self.starts))]
        ahead, back = range(self.back), range(self.back, len(self.starts))
        calls = [f"%g{i} = call i1 @part{i}(ptr %W)" for i in ahead]
        calls += [f"%h{i} = and i1 %{'h' if i > 1 else 'g'}{i - 1}, %g{i}" for i in ahead[1:]]
        holds = f"%{'h' if self.back > 1 else 'g'}{self.back - 1}"
        calls += [f"%holds = zext i1 {holds} to i32", "ret i32 %holds\n}"]
        both = ["%holds = call i32 @value(ptr %W)"]
        both += [f"%g{i} = call i1 @part{i}(ptr %W)" for i in back]
        return "\n".join(
            [
                *declared,
                *parts,
                "define i32 @value(ptr %W) {",
                *calls,
                "define i32 @both(ptr %W) {",
                *both,
                "ret i32 %holds\n}\n",
            ]
        )

    def _text_of(self, part: int) -> str:
        start = self.starts[part]
        stop = self.starts[part + 1] if part + 1 < len(self.starts) else len(self.steps)
        lines = [f"define internal i1 @part{part}(ptr %W) {{"]
        names: dict[int, str] = {}

        def name(x: Any) -> str:
            if x.__class__ is float:  # which may equal the number of a value
                return number(x)
            known = names.get(x)
            if known is None:
                known = names[x] = f"%v{x}"
                place = x if x < self.first else self.home[x]
                lines.append(f"%p{x} = getelementptr double, ptr %W, i64 {place}")
                lines.append(f"{known} = load double, ptr %p{x}")
            return known

        for i in range(start, stop):
            x = self.first + i
            text = self.forms[i][0].format(f"%v{x}", *map(name, self.steps[i][1]))
            names[x] = f"%v{x}"
            lines.append(text)
        for k, (x, place) in enumerate(self.stores[part]):
            value = name(x)
            lines.append(f"%s{k} = getelementptr double, ptr %W, i64 {place}")
            lines.append(f"store double {value}, ptr %s{k}")
        holds = "true"
        for k, (compare, left, right, outcome) in enumerate(self.guards[part]):
            text, _ = form(compare)
            lines.append(text.format(f"%c{k}", name(left), name(right)).split("\n")[0])
            lines.append(f"%d{k} = icmp eq i1 %c{k}c, {str(outcome).lower()}")
            lines.append(f"%h{k} = and i1 {holds}, %d{k}")
            holds = f"%h{k}"
        return "\n".join([*lines, f"ret i1 {holds}\n}}"])
