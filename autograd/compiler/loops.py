"""Loops: lines that repeat one pattern at places that go on evenly, written as a loop.

A dense layer is hundreds of such lines. As a loop a browser optimises them after a few examples,
not after thousands, and the page is shorter:

    V[9] = P[0] * A[0] + P[1] * A[1] + P[2] * A[2];

is `let t = P[0] * A[0]; for (let k = 1; k < 3; k++) t += P[0 + k] * A[0 + k]; V[9] = t;`, and lines
that differ only in such places become one loop around. Invariant: the same operations in the same
order, so the same numbers.
"""

import re
from collections.abc import Sequence

TERMS = 8  # of a sum, from which on it is a loop: shorter ones are faster as they are
REPEATS = 8  # of lines
LONGEST = 12  # lines of a pattern

_PLACE = re.compile(r"\[(\d+)")
_SUM = re.compile(r"(\S+) = ([^;]*);")

Pattern = tuple[str, tuple[int, ...]]  # a text with its places taken out, and those


def rolled(lines: Sequence[str]) -> list[str]:
    """Return lines that do what `lines` do, one after another, with loops where they repeat."""
    texts = [_sum(line) for line in lines]
    for variable, longest in (("i", 1), ("j", LONGEST)):
        texts = _rolled(texts, variable, longest)
    return texts


def _pattern(text: str) -> Pattern:
    return _PLACE.sub("[@", text), tuple(int(place) for place in _PLACE.findall(text))


def _sum(line: str) -> str:
    """A line; a long sum of terms of one pattern as a loop over its terms."""
    found = _SUM.fullmatch(line)
    terms = found[2].split(" + ") if found else []
    if found is None or len(terms) < TERMS or "(" in found[2]:
        return line
    loop = _stepped([_pattern(term) for term in terms], "k")
    if loop is None:
        return line
    start = f"let t = {terms[0]};"
    return f"{{ {start} for (let k = 1; k < {len(terms)}; k++) t += {loop}; {found[1]} = t; }}"


def _stepped(patterns: Sequence[Pattern], variable: str) -> str | None:
    """The text of all patterns by the number of each; None where they do not go on evenly."""
    (text, first), (_, second) = patterns[:2]
    for n, (other, places) in enumerate(patterns):
        even = (a + n * (b - a) for a, b in zip(first, second, strict=False))
        if other != text or len(places) != len(second) or places != tuple(even):
            return None
    steps = [b - a for a, b in zip(first, second, strict=True)]
    pieces = text.split("[@")
    written = [f"[{_place(a, step, variable)}" for a, step in zip(first, steps, strict=True)]
    return pieces[0] + "".join(map("".join, zip(written, pieces[1:], strict=True)))


def _place(first: int, step: int, variable: str) -> str:
    if step == 0:
        return str(first)
    sign, size = ("+", step) if step > 0 else ("-", -step)
    return f"{first} {sign} {variable if size == 1 else f'{size} * {variable}'}"


def _rolled(lines: Sequence[str], variable: str, longest: int) -> list[str]:
    patterns = [_pattern(line) for line in lines]
    done: list[str] = []
    at = 0
    while at < len(lines):
        best = (0, 1, 0)  # lines covered, lines of the pattern, repeats
        for size in range(1, longest + 1):
            count = _repeats(patterns, at, size)
            if count >= REPEATS and count * size > best[0]:
                best = (count * size, size, count)
        covered, size, count = best
        if not covered:
            done.append(lines[at])
            at += 1
            continue
        inside = [
            str(_stepped([patterns[at + k], patterns[at + size + k]], variable))
            for k in range(size)
        ]
        head = f"for (let {variable} = 0; {variable} < {count}; {variable}++)"
        done.append(f"{head} {inside[0]}" if size == 1 else f"{head} {{ {' '.join(inside)} }}")
        at += covered
    return done


def _repeats(patterns: Sequence[Pattern], at: int, size: int) -> int:
    """How often the pattern of `size` lines at a place comes, at places that go on evenly."""
    count = 1
    while at + (count + 1) * size <= len(patterns):
        for k in range(at, at + size):
            (text, first), (other, places) = patterns[k], patterns[k + count * size]
            second = patterns[k + size][1]
            if other != text or any(
                place != a + count * (b - a)
                for place, a, b in zip(places, first, second, strict=True)
            ):
                return count
        count += 1
    return count
