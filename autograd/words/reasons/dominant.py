"""The dominant way: from a value to the root, at each step by the largest contribution.

Along it the gradient is a product: of each step's local derivative, and of the ratio between the
sum of a node's contributions and the largest of them, of which the decimal logarithm is noted.
Invariant: from 1 at the root, multiplied by both at every step, one arrives at the gradient of
the value.
"""

import math
from collections import deque
from dataclasses import dataclass

from autograd.engine.value import Value
from autograd.words.reasons.wording import Words, number
from autograd.words.sweep import Sweep, Use

DOMINATES = 0.6  # of the logarithm of the whole product: then one factor is to blame
CONSIDERABLE = 0.2  # of the logarithm, done by sums: then they are named beside the factors
DEEP = 10  # factors, of which a chain is called deep
SATURATED = 1e-2  # local derivative below which a unit is called saturated
UNITS = ("tanh", "sigmoid")

VANISHING = (
    "Gradients vanish like this in deep chains: use relu or tanh instead of sigmoid, weights that "
    "keep the scale (xavier, he), or fewer layers."
)
EXPLODING = (
    "Gradients explode like this in deep chains: start with smaller weights, use fewer layers, or "
    "clip the gradients."
)
SCALE = "Scale the inputs and targets to about 1, or adapt the learning rate."


@dataclass(frozen=True)
class Step:
    """One edge of the way, up from `node`, whose gradient is 10**`power` times its contribution."""

    node: Value
    use: Use
    power: float


def uses_of(sweep: Sweep, value: Value) -> list[Value]:
    """Return `value` and all that was computed from it, in the order of the reverse sweep."""
    found = {value}
    queue = deque([value])
    while queue:
        for use in sweep.uses[queue.popleft()]:
            if use.child not in found:
                found.add(use.child)
                queue.append(use.child)
    return [node for node in reversed(sweep.order) if node in found]


def contribution(sweep: Sweep, use: Use) -> float:
    """What one use of a value hands back to it: upstream times local."""
    return sweep.gradient[use.child] * use.partial


def largest(sweep: Sweep, node: Value) -> Use:
    """The use with the largest contribution to the gradient of `node`."""
    return max(sweep.uses[node], key=lambda use: abs(contribution(sweep, use)))


def dominant_way(sweep: Sweep, value: Value) -> list[Step]:
    """Return the steps from `value`, whose gradient is finite and not 0, to the root."""
    steps: list[Step] = []
    while value is not sweep.root:
        use = largest(sweep, value)
        power = _power(sweep.gradient[value]) - _power(contribution(sweep, use))
        steps.append(Step(value, use, power))
        value = use.child
    return steps


def way_through(sweep: Sweep, use: Use) -> list[Step]:
    """Return the step over `use` and the dominant way from there."""
    step = Step(use.child.parents[use.position], use, 0.0)
    return [step, *dominant_way(sweep, use.child)]


def is_saturated(use: Use) -> bool:
    """Whether a tanh or sigmoid passes little."""
    return use.child.op in UNITS and abs(use.partial) < SATURATED


class Product:
    """The factors on a way that make its product large (`sign` 1) or small (`sign` -1)."""

    def __init__(self, steps: list[Step], sign: int) -> None:
        self.sign = sign
        self.uses = [step.use for step in steps]
        powers = [(sign * _power(use.partial), use) for use in self.uses]
        self.driving = [(power, use) for power, use in powers if power > 0.0]
        self.power = math.fsum(power for power, _ in self.driving)
        self.summed = [step for step in steps if sign * step.power > 0.0]
        self.sums = math.fsum(sign * step.power for step in self.summed)

    @property
    def by_sums(self) -> bool:
        """Whether sums of contributions, and not factors, make the gradient what it is."""
        return self.sums > self.power

    @property
    def hint(self) -> str:
        """What one may do about a deep chain, or about few factors."""
        if len(self.driving) < DEEP or self.dominated:
            return SCALE
        return EXPLODING if self.sign > 0 else VANISHING

    @property
    def worst(self) -> Use:
        """The factor that does most, of equal ones the nearest to the root."""
        return max(reversed(self.driving), key=lambda pair: pair[0])[1]

    @property
    def most(self) -> Step:
        """The sum that does most, of those that are equal but for rounding the first on the way."""
        return max(self.summed, key=lambda step: round(self.sign * step.power, 9))

    @property
    def dominated(self) -> bool:
        """Whether one factor does nearly all of it."""
        return max(power for power, _ in self.driving) > DOMINATES * self.power

    def alone(self) -> str:
        """The product of all factors on the way, without the sums."""
        return _power_of_ten(math.fsum(_power(use.partial) for use in self.uses))

    def times(self, words: Words) -> str:
        """`, times 817 from 1000 uses of w`; "" where the sums do little of it."""
        if self.sums <= CONSIDERABLE * (self.sums + self.power):
            return ""
        node = self.most.node
        count, more = len(words.sweep.uses[node]), len(self.summed) - 1
        which = f"{count} uses of {words.called(node)}"
        which += f" and the sums at {more} more value{'s' * (more > 1)}" if more else ""
        nearly = "" if self.sign > 0 else ", whose contributions nearly cancel"
        return f", times {_power_of_ten(self.sign * self.sums, 4)} from {which}{nearly}"

    def described(self) -> str:
        """`a product of 40 factors above 1, 3.2 each in the geometric mean, 1.6e+20 together`."""
        count = len(self.driving)
        side = "above" if self.sign > 0 else "below"
        if count == 1:
            return f"one factor {side} 1, {_power_of_ten(self.sign * self.power)}"
        mean, together = self.sign * self.power / count, self.sign * self.power
        return (
            f"a product of {count} factors {side} 1, {_power_of_ten(mean)} each in the geometric "
            f"mean, {_power_of_ten(together)} together"
        )

    def saturated(self, words: Words) -> str:
        """Name the saturated units on the way, the worst first; "" where there is none."""
        units = [use for use in self.uses if use.child.op in UNITS]
        flat = list(filter(is_saturated, units))
        if not flat:
            return ""
        flat.sort(key=lambda use: abs(use.partial))
        shown = ", ".join(
            f"{words.called(use.child)} = {use.child.op}({number(use.child.parents[0]._data)}) "
            f"with the derivative {use.partial:.2g}"
            for use in flat[:3]
        )
        of = (
            f"{len(flat)} of {len(units)} units on the way are" if len(units) > 1 else "One unit is"
        )
        return f"{of} saturated{', the worst first' if len(flat) > 1 else ''}: {shown}."


def _power(x: float) -> float:
    """The decimal logarithm of the size of a number."""
    return math.log10(abs(x))


def _power_of_ten(exponent: float, digits: int = 3) -> str:
    """Write 10 to the exponent, also where no float holds it."""
    if abs(exponent) < 300.0:
        return f"{10.0**exponent:.{digits}g}"
    whole = math.floor(exponent)
    return f"{10.0 ** (exponent - whole):.2f}e{whole:+d}"
