"""python -m nn predict: what a saved network says about rows, or writes, if it is one of texts."""

import argparse
import csv
import sys
from typing import Any

import numpy as np

import nn
from nn.checks import Array
from nn.commands import characters
from nn.commands.output import print_json, printable_lines, rounded
from nn.commands.preparation import OF_A_TABLE, READING, refuse, table
from nn.commands.record import Record
from nn.commands.scores import numbers, scores
from nn.data.csv_file import targets


def predict(options: argparse.Namespace) -> int:
    """Write the prediction for each row as CSV, or as JSON; return the exit status."""
    if options.sample is not None:  # what a model of a text draws
        refuse(options, READING, OF_A_TABLE)
        drawer, settings, _ = characters.load(options.load)
        written = characters.sample(drawer, settings, options.sample, options.seed)
        if options.json:
            print_json({"sample": written})
        else:
            print(printable_lines(written))
        return 0
    model, record = characters.load_for_tables(options.load)
    if options.csv:
        X, y, name = _rows(options, record)
    else:
        refuse(options, READING, OF_A_TABLE)
        data = record.again(options.data)
        X, y, name = data.X_test, data.y_test, data.name
    outputs = nn.predict(model, X)
    known = ~np.isnan(y)
    found = scores(outputs[known], y[known], record.target_scaling) if known.any() else {}
    answers: list[Any] = numbers(outputs, record.target_scaling).tolist()
    likely = []
    if record.classes:
        answers = [record.classes[i] for i in outputs.argmax(axis=1)]
        likely = nn.predict_proba(model, X, "cross_entropy").max(axis=1).tolist()
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


def _rows(options: argparse.Namespace, record: Record) -> tuple[Array, Array, str]:
    """The rows as inputs, and their targets, nan where they are not known."""
    found = table(options, record)
    assert record.features is not None  # `table` has read by them
    X = record.features.encode(found)
    strange = record.features.strange(found)
    if strange:
        print(strange, file=sys.stderr)
    if record.scaling is not None:
        X = record.scaling.apply(X)
    y = np.full(len(X), np.nan)
    if record.target in found.columns and (found.words(record.target) != "").any():
        y, _ = targets(found, record.target, record.task, record.classes)
    return X, y, found.name
