"""python -m nn train: data, a network, training, the test, a report.

Invariant: what has been learnt is reported and saved, also where Ctrl-C ended the training.
"""

import argparse
import sys
from typing import Any

from tqdm import tqdm

import nn
from nn.commands import record as records
from nn.commands.networks import make_model
from nn.commands.output import print_json, printable, rounded
from nn.commands.preparation import Prepared, check, chosen_data, prepare, settle
from nn.commands.recipes import make_optimizer, make_schedule
from nn.commands.record import Record
from nn.commands.scores import scores
from nn.data import Dataset

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def train(options: argparse.Namespace) -> int:
    """Train and test a network as `options` say; return the exit status."""
    check(options)
    model, record = records.load(options.load) if options.load else (None, None)
    data = chosen_data(options, record)
    settle(options, data)
    examples = prepare(data, options, record)
    if model is None:
        model = make_model(data, options.hidden, options)
    optimizer = make_optimizer(model, options)
    if not options.json:
        _introduce(data, examples, model, options)
        print(_settings(options, optimizer), flush=True)
    history = _fit(model, data, examples, optimizer, options)
    test = scores(nn.predict(model, data.X_test), data.y_test, examples.target_scaling)
    training = _summary(options, optimizer, history, test)
    if options.save:
        records.save(model, options.save, _record(data, examples, training))
    if options.plot and history.loss:
        figure = history.plot().get_figure(root=True)
        assert figure is not None
        figure.savefig(options.plot, bbox_inches="tight")
    if options.json:
        print_json(_document(data, examples, model, training, history))
    else:
        if history.stopped:
            print(f"stopped after {len(history.loss)} epochs: {history.stopped}")
        for name, number in test.items():
            print(f"test {rounded(name, number)}")
    return INTERRUPTED if history.stopped == "interrupted" else 0


def _introduce(
    data: Dataset, examples: Prepared, model: nn.Module, options: argparse.Namespace
) -> None:
    counts = f"{len(data.X_train)} training and {len(data.X_test)} test examples"
    print(f"{printable(data.name)}: {counts}")
    if options.csv:
        print(f"{data.task}: {printable(data.target)} ({_outcomes(data)})")
    if examples.validation is not None:
        print(f"{len(examples.validation[1])} of the training examples held out for validation")
    if options.shift:
        print(f"{len(examples.y)} with shifts by a pixel in {options.shift} directions")
    print(f"{model}, {len(model.parameters())} parameters")


def _settings(options: argparse.Namespace, optimizer: nn.Optimizer) -> str:
    """The settings of the training, among them those that came from the recipe."""
    rates = (f"{name} {value:g}" for name, value in _rates(optimizer).items())
    schedule = "" if options.schedule == "none" else f", {options.schedule} schedule"
    return f"{options.optimizer}, {', '.join(rates)}{schedule}, batches of {options.batch_size}"


def _rates(optimizer: nn.Optimizer) -> dict[str, float]:
    names = ("lr", "momentum", "weight_decay")
    return {name: optimizer.defaults[name] for name in names if optimizer.defaults.get(name)}


def _outcomes(data: Dataset) -> str:
    if not data.classes:
        return f"{data.y_train.min():g} to {data.y_train.max():g}"
    more = ", ..." if len(data.classes) > 10 else ""
    return printable(", ".join(name[:40] for name in data.classes[:10])) + more


def _fit(
    model: nn.Module,
    data: Dataset,
    examples: Prepared,
    optimizer: nn.Optimizer,
    options: argparse.Namespace,
) -> nn.History:
    def report(history: nn.History) -> None:
        epoch = f"epoch {len(history.loss):>{len(str(options.epochs))}}/{options.epochs}"
        tqdm.write(f"{epoch}  {history.report()}")
        sys.stdout.flush()

    batches = -(-len(examples.y) // options.batch_size)
    return nn.fit(
        model,
        examples.X,
        examples.y,
        loss="cross_entropy" if data.classes else "mse_loss",
        optimizer=optimizer,
        schedule=make_schedule(options, optimizer, batches),
        epochs=options.epochs,
        batch_size=options.batch_size,
        validation=examples.validation,
        early_stopping=options.patience,
        seed=options.seed,
        callbacks=[] if options.json else [report],
    )


def _summary(
    options: argparse.Namespace,
    optimizer: nn.Optimizer,
    history: nn.History,
    test: dict[str, float],
) -> dict[str, Any]:
    """How the training went, as numbers and strings: what `info` prints."""
    return {
        "optimizer": options.optimizer,
        **_rates(optimizer),
        "schedule": options.schedule,
        "batch_size": options.batch_size,
        "shift": options.shift,
        "seed": options.seed,
        "test_share": options.test,
        "epochs": len(history.loss),
        "stopped": history.stopped,
        "best_epoch": history.best_epoch,
        "continued": options.load is not None,
        "last": {name: values[-1] for name, values in history.curves().items()},
        "test": test,
    }


def _record(data: Dataset, examples: Prepared, training: dict[str, Any]) -> Record:
    return Record(
        data=data.name,
        target=data.target,
        task=data.task,
        classes=data.classes,
        columns=data.columns,
        features=data.X_train.shape[1],
        scaling=data.scaling,
        target_scaling=examples.target_scaling,
        training=training,
    )


def _document(
    data: Dataset,
    examples: Prepared,
    model: nn.Module,
    training: dict[str, Any],
    history: nn.History,
) -> dict[str, Any]:
    held_out = 0 if examples.validation is None else len(examples.validation[1])
    return {
        "data": data.name,
        "task": data.task,
        "target": data.target,
        "classes": list(data.classes),
        "examples": {
            "training": len(examples.y),
            "validation": held_out,
            "test": len(data.y_test),
        },
        "model": repr(model),
        "parameters": len(model.parameters()),
        "training": training,
        "history": {**history.curves(), "lr": history.lr},
        "test": training["test"],
    }
