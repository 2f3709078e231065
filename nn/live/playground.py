"""playground: the user's own model and data in one page that trains, without a server.

The page holds the program of loss and outputs that was recorded from the model, as JavaScript, the
data, and the present weights; steps of the optimiser are written in the page by the formulas of
`nn.optim`. So what it shows is what Python would compute. Invariant: what comes from the user
stands in the page as JSON only, and is shown as text only.
"""

import base64
import os
import zlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from autograd import Value, stepper
from autograd.compiler.program import Program
from autograd.engine.graph import topological_order
from autograd.engine.value import as_value
from autograd.grad_mode import Training
from autograd.pictures import javascript
from autograd.pictures.page import Page, filled, json_number
from nn.checks import by_name, check_size
from nn.files.strict_json import SPECIAL, LoadError, parse, read
from nn.layers.inputs import flat_values
from nn.live.wiring import Wiring, wire
from nn.losses import LOSSES, Loss
from nn.module import Module
from nn.optim import SGD, Adam, Optimizer
from nn.optim.optimizer import is_just
from nn.training.arguments import check_optimizer
from nn.training.examples import Examples, listed
from nn.training.prediction import loss_of
from nn.training.randomness import check_repeats

FORMAT = "seegrad playground"
SCRIPTS = "random state optimizer trainer elements network surface points curves details".split()
SCRIPTS += "controls loop page".split()
MOST_STEPS = 1000  # nodes of the graph of one example that can be stepped through
MOST_NUMBERS = 2_000_000  # in the data: a page of 40 MB


class Playground(Page):
    """What `playground` returns: `html`, the page as text; `save(path)`; a frame in Jupyter."""

    title, height, file = "A model that trains", 820, "live.html"


def playground(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: str | Loss | None = None,
    optimizer: Optimizer | str | None = None,
    test: tuple[Any, Any] | None = None,
    batch_size: int = 10,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    title: str = "",
) -> Playground:
    """Return a page in which `model` trains on `X` and `y`: network, data, loss, all parameters.

    Args:
        model, X, y, loss, optimizer: as for `nn.fit`; the optimiser is an `nn.SGD` or an `nn.Adam`
            with one group. Training starts from the present weights and the optimiser's state.
        test: further data `(X, y)`, whose loss is shown and which are not trained on.
        batch_size: of the mini-batches; it can be changed in the page.
        names: what the inputs are called, one for each number of an example.
        classes: what the classes are called.
        seed: of the order of the examples in the page, a whole number.
        title: stands above the page.

    The model is not changed. A branch that it takes for none of the examples is not known to the
    page, which says so. State can be copied out of the page and read by `nn.load_playground`.

    Raises `ValueError` or `TypeError` where `nn.fit` would, for noise (call `model.eval()`), for
    another optimiser, and where an operation of the user's own cannot be written as JavaScript.
    """
    optimizer = check_optimizer(optimizer, model)
    loss = loss_of(model, loss)
    examples = Examples(model, X, y, by_name("loss", loss, LOSSES) if loss is not None else None)
    examples.rehearse()
    check_repeats(model, examples.loss, examples)
    unseen = None
    if test is not None:
        if not isinstance(test, tuple | list) or len(test) != 2:
            raise TypeError(f"`test` must be a pair (X, y), got {test!r:.60}")
        unseen = Examples(model, *test, examples.loss, name="test ")
        unseen.take_kind_of(examples)
    if examples.X.size > MOST_NUMBERS:
        raise ValueError(
            f"`X` holds {examples.X.size:,} numbers, more than {MOST_NUMBERS:,}, which no page "
            "holds: pass fewer examples"
        )
    program, wiring = _recorded(model, examples, unseen)
    usual = [f"x{i + 1}" for i in range(examples.X[0].size)]
    inputs = _names("names", names, len(usual), usual)
    parameters, number = program.parameters, {p: i for i, p in enumerate(program.parameters)}
    known = {p: name for name, p in model.named_parameters()}
    data = {
        "format": FORMAT,
        "title": title or f"{type(model).__name__} trains",
        "training": _examples(examples),
        "test": _examples(unseen) if unseen is not None else None,
        "task": _task(examples, classes),
        "parameters": [
            {"name": known.get(p, f"other {i}"), "known": p in known, "data": json_number(p.data)}
            for i, p in enumerate(parameters)
        ],
        "weights": {name: json_number(x) for name, x in model.state_dict().items()},
        "optimizer": _optimizer(optimizer, parameters),
        "wiring": wiring.as_data(number, inputs),
        "inputs": inputs,
        "steps": _steps(model, examples, inputs, number),
        "batch": check_size("batch_size", batch_size),
        "seed": check_size("seed", seed, 0),
    }
    scripts = [javascript.source("numbers.js"), *[_source(f"{name}.js") for name in SCRIPTS]]
    parts = {"style": _source("style.css"), "script": "\n".join(scripts)}
    page = filled(_source("page.html"), data, **parts, program=program.to_javascript())
    return Playground(page)


def load_playground(
    state: "str | os.PathLike[str]", model: Module, optimizer: Optimizer | None = None
) -> None:
    """Give `model`, and `optimizer`, the state that was copied out of a playground's page.

    `state` is the text itself or the path of a file that holds it. Raises `nn.LoadError` where it
    is no such state or does not fit, `TypeError` for a `model` that is no Module or a `state` that
    is no text; then nothing has changed.
    """
    if not isinstance(state, str | os.PathLike):
        raise TypeError(f"`state` must be the text of a state or a path, got {state!r:.60}")
    text = os.fspath(state)
    document = parse(text.encode(), "the state") if text.lstrip()[:1] == "{" else read(text)
    fields = document.fields(("format", "version", "weights", "optimizer", "epochs"))
    if fields["format"].value != FORMAT or fields["version"].value != 1:
        document.fail("is no state of a playground's page; copy it there by `Copy state`")
    before = model.state_dict()
    try:
        model.load_state_dict(_decoded(fields["weights"].members()))
        if optimizer is not None:
            optimizer.load_state_dict(_decoded(fields["optimizer"].members()))
    except (TypeError, ValueError, KeyError) as error:
        model.load_state_dict(before)
        raise LoadError(f"{document.path}: {error}") from error


def _decoded(item: Any) -> Any:
    """What JSON holds, with numbers in the place of the words for infinities and nan."""
    if isinstance(item, dict):
        return {name: _decoded(x) for name, x in item.items()}
    if isinstance(item, list):
        return list(map(_decoded, item))
    return SPECIAL.get(item, item) if isinstance(item, str) else item


def _recorded(model: Module, examples: Examples, unseen: Examples | None) -> tuple[Program, Wiring]:
    """The program of loss, outputs and units for one example, and what its units are."""
    wirings: list[Wiring] = []

    def row(x: Any, target: Any) -> Any:
        output = model(x)
        error = as_value(examples.loss(output, target), "the loss")
        units, wiring = wire(model, flat_values(x), listed(output))
        wirings.append(wiring)
        return error, listed(output), units

    program = Program(row, batch=True, lists=True)
    for each in filter(None, (examples, unseen)):
        program(each.X, each.targets)
    return program, wirings[0]


def _steps(
    model: Module, examples: Examples, inputs: Sequence[str], number: Mapping[Value, int]
) -> dict[str, Any] | None:
    """The stepper's page for an example, deflated, and what its leaves are; None for large graphs.

    A leaf is a parameter, by its number, or stands at a place of the example's row.
    """
    x, targets = examples.X[0], np.ravel(examples.targets[0])
    values = [Value(float(number), name) for number, name in zip(x.ravel(), inputs, strict=True)]
    wanted = [Value(float(t), f"target {i}".removesuffix(" 0")) for i, t in enumerate(targets)]
    nested = np.array(values, dtype=object).reshape(x.shape).tolist()
    with Training():
        target = wanted if examples.targets.ndim > 1 else wanted[0]
        root = as_value(examples.loss(model(nested), target), "the loss")
    order = topological_order(root)
    if len(order) > MOST_STEPS or not root.parents:
        return None
    row = {value: i for i, value in enumerate([*values, *wanted])}
    leaves = [["P", i, number[v]] for i, v in enumerate(order) if v in number]
    leaves += [["A", i, row[v]] for i, v in enumerate(order) if v in row]
    names = {name: p for name, p in model.named_parameters()}
    page = stepper(root, names={**names, "loss": root}).html
    packed = base64.b64encode(zlib.compress(page.encode(), 9)).decode()  # a sixth of it
    return {"page": packed, "leaves": leaves}


def _examples(examples: Examples) -> dict[str, Any]:
    arrays = {"X": examples.X, "targets": examples.targets}
    return {name: array.reshape(len(examples), -1).tolist() for name, array in arrays.items()}


def _task(examples: Examples, classes: Sequence[str] | None) -> dict[str, Any]:
    """What the outputs say: the classes, and the targets that stand for each."""
    found: dict[str, Any] = {"outputs": examples.outputs, "threshold": examples.threshold}
    if examples.labels is None:
        _names("classes", classes, 0, [])
        return {**found, "kind": "answers" if examples.yes_or_no else "numbers", "classes": []}
    if examples.outputs == 1:
        targets = [[-1.0 if examples.signs else 0.0], [1.0]]
        usual = ["-1" if examples.signs else "0", "1"]
        kind = "sides"
    else:
        targets = np.eye(examples.outputs).tolist()
        usual = [str(i) for i in range(examples.outputs)]
        kind = "classes"
    named = _names("classes", classes, len(usual), usual)
    return {**found, "kind": kind, "classes": named, "targets": targets}


def _names(argument: str, names: Sequence[str] | None, count: int, usual: list[str]) -> list[str]:
    if names is None:
        return usual[:count]
    found = list(map(str, names))
    if len(found) != count:
        raise ValueError(f"`{argument}` must be {count} names, got {len(found)}: {names!r:.60}")
    return found


def _optimizer(optimizer: Optimizer, parameters: list[Value]) -> dict[str, Any]:
    """The optimiser's state, and where in it each parameter of the program stands, or -1."""
    state = optimizer.state_dict()
    options, groups = state["param_groups"][0], len(optimizer.param_groups)
    if not is_just(optimizer, SGD, Adam) or groups > 1 or options.get("amsgrad"):
        raise ValueError(
            "the page has the formulas of nn.SGD and of nn.Adam without amsgrad, for one group of "
            f"parameters; `optimizer` is {type(optimizer).__name__} with {groups} groups, or has a "
            "formula set on it"
        )
    place = {p: i for i, p in enumerate(optimizer.params)}
    states = [{name: json_number(x) for name, x in each.items()} for each in state["state"]]
    return {**state, "state": states, "places": [place.get(p, -1) for p in parameters]}


def _source(name: str) -> str:
    return files("nn.live").joinpath(name).read_text(encoding="utf-8")
