"""Native code: text in LLVM's intermediate representation, and what LLVM makes of it.

`FORMS` says what each function of a tape is there, of numbers or of vectors of them; `Text` writes
functions. Where llvmlite is not installed there is none, and `missing` says why. The form of
np.maximum, of which nan wins, for two doubles:

    %x3c = fcmp oge double %x1, %x2
    %x3n = fcmp uno double %x1, %x1
    %x3d = or i1 %x3c, %x3n
    %x3 = select i1 %x3d, double %x1, double %x2

Invariant: a form computes what the row does on floats, bit for bit, but where a call says that it
need not be exact.
"""

import ctypes
import os
import struct
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd.compiler.tape import erf

Body = Callable[[str, list[str]], Sequence[str] | None]
_COMPARE = "{0}c = fcmp {op} {t} {1}, {2}\n{0} = uitofp {b} {0}c to {t}"
_EXTREME = (  # nan wins, and of equals the first
    "{0}c = fcmp {op} {t} {1}, {2}\n{0}n = fcmp uno {t} {1}, {1}\n{0}d = or {b} {0}c, {0}n\n"
    "{0} = select {b} {0}d, {t} {1}, {t} {2}"
)


def _compare(op: str) -> str:
    return _COMPARE.replace("{op}", op)


# C's name of each function that is one there, too.
LIBM: dict[Any, str] = {
    **{np.absolute: "fabs", np.copysign: "copysign", np.power: "pow", np.fmod: "fmod"},
    **{np.arctan2: "atan2", np.hypot: "hypot", erf: "erf"},
    **{
        getattr(np, name): name
        for name in (
            *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt"),
            *("floor", "ceil", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
        )
    },
    **{
        getattr(np, f"arc{name}"): f"a{name}"
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")
    },
}
INSTRUCTIONS = ("fabs", "copysign", "sqrt", "floor", "ceil")  # for which LLVM calls nobody


def _call(name: str, inputs: int) -> str:
    args = ", ".join(f"{{t}} {{{i + 1}}}" for i in range(inputs))
    return f"{{0}} = call {{t}} {{@{'llvm.' * (name in INSTRUCTIONS)}{name}}}({args})"


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
    **{function: _call(name, getattr(function, "nin", 1)) for function, name in LIBM.items()},
}
VECTOR = 4  # lanes of a vector
_V = f"<{VECTOR} x double>"
FMA = f"llvm.fmuladd.v{VECTOR}f64"
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


@cache
def _libmvec(lanes: int) -> str:
    """The letter of libmvec's functions of so many lanes, "" where this processor has none."""
    feature, letter = {4: ("avx2", "d"), 8: ("avx512f", "e")}[lanes]
    return letter if _llvm().get_host_cpu_features().get(feature) else ""


def widest() -> int:
    """Return how many lanes a vector has at most: 8 are 1.35 times as fast as 4, where they are."""
    return 8 if _libmvec(8) else VECTOR


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


class Functions:
    """Functions compiled once a process, those that are asked for together at a time.

    `write(name, kind)` returns the text of one, and the declarations of what it calls.
    """

    def __init__(self, write: Callable[[str, Any], tuple[str, ...]]) -> None:
        self._write = write
        self._known: dict[Any, int] = {}
        self._kept: list[Code] = []
        self._lock = threading.Lock()

    def addresses(self, kinds: Sequence[Any]) -> list[int]:
        """Return where they begin."""
        with self._lock:
            new = [kind for kind in dict.fromkeys(kinds) if kind not in self._known]
            if new:
                texts = [self._write(f"f{i}", kind) for i, kind in enumerate(new)]
                declared = dict.fromkeys([each for _, *needs in texts for each in needs])
                code = Code("".join([*declared, *[text for text, *_ in texts]]), optimize=2)
                self._kept.append(code)
                self._known.update({kind: code.address(f"f{i}") for i, kind in enumerate(new)})
            return [self._known[kind] for kind in kinds]


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
    kernel = _libmvec(lanes) if lanes > 1 and not exact and name in MEASURED else ""
    several = f"_ZGV{kernel}N{lanes}v_{name}"  # as libmvec names it
    if kernel and symbol(several):
        return several, f"declare {kind} @{several}({kind})\n"
    if not symbol(name):
        raise MissingError(f"the platform's C library has no `{name}`")
    declared = f"declare double @{name}({', '.join(['double'] * count)})\n"
    return (name, declared) if lanes == 1 else _lane_by_lane(name, count, lanes, kind, declared)


def _lane_by_lane(name: str, count: int, lanes: int, kind: str, declared: str) -> tuple[str, str]:
    takes = ", ".join(f"{kind} %a{i}" for i in range(count))
    t = Text(f"define internal {kind} @lanes.{name}({takes}) {{")
    result = "zeroinitializer"
    for lane in range(lanes):
        given = [t.new(f"extractelement {kind} %a{i}, i32 {lane}") for i in range(count)]
        one = t.new(f"call double @{name}({', '.join(f'double {x}' for x in given)})")
        result = t.new(f"insertelement {kind} {result}, double {one}, i32 {lane}")
    return f"lanes.{name}", declared + t.end(f"ret {kind} {result}")


def number(x: float) -> str:
    """A double in LLVM's notation, to the bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


class Text:
    """The lines of a function; names count up."""

    def __init__(self, head: str) -> None:
        self.lines, self.count, self.label = [head, "entry:"], 0, "entry"

    def new(self, text: str) -> str:
        """Add a line that computes something; returns its name."""
        self.count += 1
        self.lines.append(f"%x{self.count} = {text}")
        return f"%x{self.count}"

    def at(self, base: str, index: Any, kind: str = "double") -> str:
        """The address of a number behind `base`."""
        return self.new(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def load(self, kind: str, base: str, index: Any, unit: str = "double") -> str:
        """What stands there."""
        return self.new(f"load {kind}, ptr {self.at(base, index, unit)}, align 8")

    def store(self, kind: str, value: str, base: str, index: Any) -> None:
        """Write it there."""
        self.lines.append(f"store {kind} {value}, ptr {self.at(base, index)}, align 8")

    def add(self, left: str, right: Any) -> str:
        """The sum of two whole numbers."""
        return self.new(f"add i64 {left}, {right}")

    def times(self, left: str, right: Any) -> str:
        """Their product."""
        return self.new(f"mul i64 {left}, {right}")

    def word(self, k: int, kind: str = "i64") -> str:
        """A number of the instruction, or the address of a table."""
        return self.load(kind, "%code", k, "i64")

    def apply(self, text: str, *operands: str) -> str:
        """What the text of a form makes of its operands."""
        self.count += 1
        name = f"%x{self.count}"
        self.lines.append(text.format(name, *operands))
        return name

    def spread(self, value: str, kind: str = "double") -> str:
        """A vector of equal numbers."""
        vector = f"<{VECTOR} x {kind}>"
        one = self.new(f"insertelement {vector} poison, {kind} {value}, i64 0")
        lanes = f"<{VECTOR} x i32> zeroinitializer"
        return self.new(f"shufflevector {vector} {one}, {vector} poison, {lanes}")

    def mask(self, count: str) -> str:
        """Which lanes of a vector are among `count`."""
        lanes = ", ".join(f"i64 {i}" for i in range(VECTOR))
        return self.new(f"icmp slt <{VECTOR} x i64> <{lanes}>, {self.spread(count, 'i64')}")

    def least(self, x: str, y: str) -> str:
        """The smaller of two whole numbers."""
        return self.new(f"select i1 {self.new(f'icmp slt i64 {x}, {y}')}, i64 {x}, i64 {y}")

    def fused(self, x: str, y: str, total: str) -> str:
        """The vector x y + total."""
        return self.new(f"call {_V} @{FMA}({_V} {x}, {_V} {y}, {_V} {total})")

    def loop(self, count: str, body: Body, kinds: str = "", start: Sequence[str] = ()) -> list[str]:
        """Let `body(i, carried)` write a loop of `count` turns; it returns what it carries on.

        Returns what the last turn left. All that is carried is of one kind.
        """
        self.count += 1
        n, before, head = self.count, self.label, len(self.lines) + 2
        self.lines += [f"br label %head{n}", f"head{n}:"]
        carried = [f"%c{n}.{k}" for k in range(len(start))]
        self.lines += [
            f"%more{n} = icmp slt i64 %i{n}, {count}",
            f"br i1 %more{n}, label %body{n}, label %end{n}",
            f"body{n}:",
        ]
        self.label = f"body{n}"
        after = body(f"%i{n}", carried) or ()
        self.lines += [f"%j{n} = add i64 %i{n}, 1", f"br label %head{n}", f"end{n}:"]
        phis = [f"%i{n} = phi i64 [0, %{before}], [%j{n}, %{self.label}]"]
        for name, first, last in zip(carried, start, after, strict=True):
            phis.append(f"{name} = phi {kinds} [{first}, %{before}], [{last}, %{self.label}]")
        self.lines[head:head] = phis
        self.label = f"end{n}"
        return carried

    def end(self, line: str = "ret void") -> str:
        """The whole function."""
        return "\n".join([*self.lines, line, "}\n"])
