"""python -m nn predict: what a saved network says about the rows of a CSV file or a data set."""

import argparse
import csv
import sys
from typing import Any

import nn
from nn.commands import record as records
from nn.commands.output import print_json, rounded
from nn.commands.record import Record
from nn.commands.scores import Array, numbers, probabilities, scores
from nn.data import load, read_table
from nn.data.columns import class_indices, features, numbers_in


def predict(options: argparse.Namespace) -> int:
    """Write the prediction for each row as CSV, or as JSON; return the exit status."""
    model, record = records.load(options.load)
    X, y, name = _rows(options.csv, record) if options.csv else _test_part(options.data, record)
    outputs = nn.predict(model, X)
    found = {} if y is None else scores(outputs, y, record.target_scaling)
    if record.classes:
        shares = probabilities(outputs)
        chosen = outputs.argmax(axis=1)
        answers: list[Any] = [record.classes[i] for i in chosen]
        likely = shares.max(axis=1).tolist()
    else:
        answers, likely = numbers(outputs, record.target_scaling).tolist(), []
    if options.json:
        document = {"data": name, "target": record.target, "predictions": answers}
        print_json(document | ({"probabilities": likely} if likely else {}) | {"scores": found})
        return 0
    rows = csv.writer(sys.stdout, lineterminator="\n")
    if likely:
        rows.writerow([record.target, "probability"])
        rows.writerows((a, f"{p:.4f}") for a, p in zip(answers, likely, strict=True))
    else:
        rows.writerow([record.target])
        rows.writerows([answer] for answer in answers)
    sys.stdout.flush()
    for score, number in found.items():
        print(rounded(score, number), file=sys.stderr)
    return 0


def _test_part(name: str, record: Record) -> tuple[Array, Array | None, str]:
    training = record.training
    seed, share = training.get("seed", 0), training.get("test_share", 0.2)
    data = load(name, seed=seed, test_fraction=share, scale=None)
    data = record.scaled(data)
    return data.X_test, data.y_test, name


def _rows(path: str, record: Record) -> tuple[Array, Array | None, str]:
    """The features in the columns of the training, scaled as there, and the targets if any."""
    table = read_table(path)
    if not record.columns:
        raise ValueError(
            f"the network was trained on {record.data}, whose features have no names: use "
            f"--data {record.data}"
        )
    missing = [name for name in record.columns if name not in table.columns]
    if missing:
        raise ValueError(
            f"{table.name} has no column `{missing[0]:.60}`, which the network was trained on"
        )
    X = features(table, [table.columns.index(name) for name in record.columns])
    if record.scaling is not None:
        X = record.scaling.apply(X)
    if record.target not in table.columns:
        return X, None, table.name
    column = table.columns.index(record.target)
    if all(not row[column] for row in table.rows):  # an empty column waits for the predictions
        return X, None, table.name
    known = class_indices(table, column, record.classes) if record.classes else None
    return X, numbers_in(table, column) if known is None else known, table.name
