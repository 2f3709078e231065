"""Names of inputs: what a table calls each scalar that a function is given.

An argument has the name of its parameter, a scalar in a nest the path to it, a Value its label.
Invariant: two inputs never have the same name.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from autograd.checking.ways import uses_leaves
from autograd.engine.value import Value


def named_inputs(f: Callable[..., Any], inputs: Any) -> tuple[list[tuple[str, Any]], bool]:
    """Return the inputs with their names, and whether they are the arguments of `f`.

    They are not where `f` takes no arguments, or needs none and uses the inputs, leaf Values, all
    the same. Raises `TypeError` where it takes others.
    """
    arguments = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    numbered = [f"inputs[{i}]" for i in range(len(arguments))]
    try:
        signature = inspect.signature(f)
    except ValueError:  # some functions written in C
        return list(zip(numbered, arguments, strict=True)), True
    needless = _accepts(signature, 0)
    if _accepts(signature, len(arguments)) and not (needless and uses_leaves(f, arguments)):
        names = _argument_names(signature, len(arguments))
        return list(zip(names, arguments, strict=True)), True
    if not needless:
        raise TypeError(
            f"`f` takes {signature}, and `inputs`, the tuple of its arguments, holds "
            f"{len(arguments)}; for one argument that is a list, pass ([1.0, 2.0],)"
        )
    if isinstance(inputs, dict):
        return [(str(key), item) for key, item in inputs.items()], False
    return list(zip(numbered, arguments, strict=True)), False


def _accepts(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _argument_names(signature: inspect.Signature, count: int) -> list[str]:
    names: list[str] = []
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{name}[{i}]" for i in range(count - len(names))]
        else:
            names.append(name)
    return names[:count]


def paths_in(item: Any, name: str) -> Iterator[str]:
    """Yield the names of the leaves of a nest, in the order of `flatten`: `w[0]`, `w['a']`."""
    if isinstance(item, list | tuple):
        for i, x in enumerate(item):
            yield from paths_in(x, f"{name}[{i}]")
    elif isinstance(item, dict):
        for key, x in item.items():
            yield from paths_in(x, f"{name}[{key!r}]")
    else:
        yield name


def labelled(leaves: list[Any], paths: list[str]) -> list[str]:
    """Return the labels of Values where they are nobody else's name, else the paths."""
    labels = [leaf.label if isinstance(leaf, Value) else "" for leaf in leaves]
    taken = Counter([*labels, *paths])
    names = zip(labels, paths, strict=True)
    return [label if label and taken[label] == 1 else path for label, path in names]
