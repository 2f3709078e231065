"""python -m nn train: data, a network, training, the test, a report.

Invariant: what has been learnt is reported and saved, also where Ctrl-C ended the training.
"""

import argparse

import nn
from nn.commands import characters
from nn.commands import record as records
from nn.commands.output import printable, rounded
from nn.commands.preparation import Prepared, check, chosen_data, prepare, settle
from nn.commands.recipes import make_model, make_optimizer
from nn.commands.record import Record
from nn.commands.scores import baseline, scores
from nn.commands.session import conclude, rates, run, training_line
from nn.data import Dataset, Features

SETTINGS = ("optimizer", "schedule", "batch_size", "shift", "seed")


def train(options: argparse.Namespace) -> int:
    """Train and test a network as `options` say; return the exit status."""
    model, record = characters.load_for_tables(options.load) if options.load else (None, None)
    check(options, record)
    data = chosen_data(options, record)
    settle(options, data)
    examples = prepare(data, options, record)
    if model is None:
        model = make_model(data, options.hidden, options)
    optimizer = make_optimizer(model, options)
    if not options.json:
        _introduce(data, examples, model, options)
        print(training_line(options, optimizer), flush=True)
    history = run(
        model,
        examples.X,
        examples.y,
        optimizer,
        options,
        loss="cross_entropy" if data.classes else "mse_loss",
        validation=examples.validation,
        early_stopping=options.patience,
    )
    test = scores(nn.predict(model, data.X_test), data.y_test, examples.target_scaling)
    training = {
        **{name: getattr(options, name) for name in SETTINGS},
        **rates(optimizer),
        "epochs": len(history.loss),
        "stopped": history.stopped,
        "best_epoch": history.best_epoch,
        "continued": record is not None,
        "last": {name: values[-1] for name, values in history.curves().items()},
        "test": test,
    }
    drawn = (options.seed, options.test) if record is None else (record.seed, record.test_share)
    about = {name: getattr(data, name) for name in ("target", "task", "classes")}
    record = Record(
        data=data.name,
        **about,
        columns=data.columns,
        inputs=data.X_train.shape[1],
        features=data.features,
        scaling=data.scaling,
        target_scaling=examples.target_scaling,
        seed=drawn[0],
        test_share=drawn[1],
        training=training,
    )
    if options.save:
        records.save(model, options.save, record)
    always, level = baseline(data.y_train, data.y_test, data.classes)
    (first, best), *more = test.items()
    told = f"always `{printable(always)}`: {rounded(first, level).removeprefix(f'{first} ')}"
    lines = [f"test {rounded(first, best)}  ({told})"]
    lines += [f"test {rounded(name, number)}" for name, number in more]
    held_out = 0 if examples.validation is None else len(examples.validation[1])
    counts = {"training": len(examples.y), "validation": held_out, "test": len(data.y_test)}
    document = {"data": data.name, **about, "examples": counts, "model": repr(model)}
    document |= {"parameters": len(model.parameters()), "training": training, "test": test}
    document["history"] = {**history.curves(), "lr": history.lr}
    document["baseline"] = {"answer": always, first: level}
    return conclude(history, options, document, lines)


def _introduce(
    data: Dataset, examples: Prepared, model: nn.Module, options: argparse.Namespace
) -> None:
    counts = f"{len(data.X_train)} training and {len(data.X_test)} test examples"
    print(f"{printable(data.name)}: {counts}")
    if data.features is not None:
        _introduce_table(data, data.features)
    if examples.validation is not None:
        print(f"{len(examples.validation[1])} of the training examples held out for validation")
    if options.shift:
        print(f"{len(examples.y)} with shifts by a pixel in {options.shift} directions")
    print(f"{model}, {len(model.parameters())} parameters")


def _introduce_table(data: Dataset, features: Features) -> None:
    reading, target = features.reading, printable(data.target)
    header = "" if reading.header else f", no header: columns 0 to {len(features.names) - 1}"
    comma = ", decimal comma" if reading.decimal == "," else ""
    print(f"{reading.encoding}, cells separated by {reading.delimiter!r}{comma}{header}")
    if data.unlabelled:
        print(f"{data.unlabelled} rows without {target} left out")
    print(f"{len(features.columns)} columns become {len(features.inputs)} inputs")
    outcomes = f"{data.y_train.min():g} to {data.y_train.max():g}"
    if data.classes:
        outcomes = printable(", ".join(name[:40] for name in data.classes[:10]))
        outcomes += ", ..." if len(data.classes) > 10 else ""
    print(f"{data.task}: {target} ({outcomes})")
