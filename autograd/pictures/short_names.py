"""Short names: what stands in a box for `model.layers.0.neurons.3.weights.1`.

A name that is a path is split where its parts end, a word with the number that belongs to it. In a
box the parts before the last are their first letters, `l0·n3·w1`; other long names end where a word
ends. Invariant: within one graph two different names stay different, and none is cut inside a word
of at most `LONGEST` characters.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

PLAIN, LONGEST = 12, 24  # characters that any name may have in a box, and that none exceeds
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[[^\[\]]{1,20}\])+")
_PART = re.compile(r"[^\W\d]\w*(?:\.\d+)?|\d+|\[[^\[\]]*\]")
_WORDS = re.compile(r"(?<=[ _./-])")


def parts(name: str) -> list[str]:
    """Return the parts of a path, such as `layers.0` and `neurons.3`; any other name is one."""
    return _PART.findall(name) if _PATH.fullmatch(name) else [name]


def shared(paths: Sequence[Sequence[str]]) -> int:
    """Return how many parts all paths begin with."""
    alike = [len(set(column)) == 1 for column in zip(*paths, strict=False)]
    return [*alike, False].index(False)


def common(paths: Sequence[Sequence[str]]) -> int:
    """Return how many parts all paths begin with, the last of each left out."""
    return shared([path[:-1] for path in paths])


def short_names(names: Sequence[str]) -> list[str]:
    """Return a short name for each name, and the name itself where it is short."""
    paths = [p for p in map(parts, names) if len(p) > 1]
    begun = common(paths)
    found = [name if len(name) <= PLAIN else _short(name, begun) for name in names]
    times = Counter(found)
    return [
        short if times[short] == 1 or short == name else name
        for short, name in zip(found, names, strict=True)
    ]


def _short(name: str, begun: int) -> str:
    path = parts(name)
    if len(path) > 1:
        *above, last = path[begun:]
        joined = "·".join([*map(_letter, above), _letter(last) if "." in last else last])
        return joined.replace("·[", "[")
    if len(name) <= LONGEST:
        return name
    begun_with = [words for words in accumulate(_WORDS.split(name)) if len(words) < LONGEST]
    return f"{begun_with[-1] if begun_with else name[: LONGEST - 1]}…"


def _letter(part: str) -> str:
    word, _, number = part.partition(".")
    return part if part.startswith("[") or part.isdigit() else word[0] + number
