"""Owners: which module of a model computed which node of its graph.

It is read off the parameters, so a model need not be changed or watched: what meets a parameter
belongs to the module that holds it; what only continues such results, an activation say, stays
with them, or goes to the innermost module that holds them all. Invariant: paths are those of
`modules()` and `named_parameters()`, and "" is the model itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

from autograd import Value
from autograd.engine import table
from autograd.engine.primitive import CONSTANT
from autograd.pictures.boxes import escaped
from autograd.pictures.graphviz_display import Drawing
from autograd.words.causes import partner
from autograd.words.text import visible
from nn.module import Module


class Owners:
    """The modules of `model` by path, and the path of the owner of each node in `order`.

    `of` holds parameters and results; inputs and constants have no owner.
    """

    def __init__(self, model: Module, order: Sequence[Value]) -> None:
        self.modules: dict[str, Module] = dict(model.named_modules())
        self.of: dict[Value, str] = {}
        self.local_names: dict[Value, str] = {}
        for name, parameter in model.named_parameters():
            path = self.parent(name)
            self.of[parameter] = path
            self.local_names[parameter] = self.within(name, path)
        for node in order:
            if node.parents:
                met = {self.of[p] for p in node.parents if p in self.local_names}
                if not met:
                    met = {self.of.get(p, "") for p in node.parents if p.primitive is not CONSTANT}
                self.of[node] = reduce(self._common, met) if met else ""

    def _common(self, left: str, right: str) -> str:
        above = {left, *self.above(left)}
        return next(path for path in (right, *self.above(right)) if path in above)

    def parent(self, path: str) -> str:
        """Return the path of the innermost module that holds what is at `path`."""
        while path:
            path = path.rpartition(".")[0]
            if path in self.modules:
                return path
        return ""

    def above(self, path: str) -> list[str]:
        """Return the paths of all modules around the one at `path`, the model last."""
        found = []
        while path:
            path = self.parent(path)
            found.append(path)
        return found

    def within(self, path: str, around: str) -> str:
        """Return `path` as seen from the module at `around`."""
        return path[len(around) + 1 :] if around else path

    def title(self, path: str) -> str:
        """Return what is written at the module at `path`: its name in its parent and its repr."""
        module = self.modules[path]
        plain = type(module).__repr__ is object.__repr__
        shown = type(module).__name__ if plain else visible(repr(module), 60)
        name = visible(self.within(path, self.parent(path)))
        return f"{name}  {shown}" if path else shown


def products(node: Value) -> list[tuple[Value, Value]]:
    """Return the pairs that a node multiplies, either way round."""
    if node.primitive not in (table.multiply, table.dot):
        return []
    return [(x, node.parents[partner(node, i)]) for i, x in enumerate(node.parents)]


Add = Callable[[Drawing], None]


def add_frames(drawing: Drawing, owners: Owners, members: Mapping[str, Iterable[Add]]) -> None:
    """Draw the `members` of each module inside a frame with its title, one frame in another."""
    around = {path: owners.parent(path) for path in owners.modules if path}
    filled = {above for path in members for above in (path, *owners.above(path))}
    ids = {path: f"cluster{i}" for i, path in enumerate(owners.modules)}

    def fill(frame: Drawing, path: str) -> None:  # as deep as modules hold modules
        for add in members.get(path, ()):
            add(frame)
        for inner in [p for p, outer in around.items() if outer == path and p in filled]:
            with frame.subgraph(name=ids[inner]) as part:
                part.attr(
                    label=escaped(owners.title(inner)), labelloc="t", labeljust="r", style="rounded"
                )
                part.attr(color="#9ca3af", bgcolor="#f9fafb", margin="8")
                fill(part, inner)

    fill(drawing, "")
