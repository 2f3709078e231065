"""Session: a training as the command line runs it, with a bar, some epochs as lines, and an end.

Invariant: results go to stdout, the bar to stderr; with `--json` there is one document only.
"""

import argparse
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from tqdm import tqdm

import nn
from nn.commands.output import print_json, printable
from nn.commands.recipes import make_schedule

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended
MOST_LINES = 20  # of epochs


def training_line(options: argparse.Namespace, optimizer: nn.Optimizer) -> str:
    """Return the settings of the training, among them those that came from the recipe."""
    shown = (f"{name} {value:g}" for name, value in rates(optimizer).items())
    schedule = "" if options.schedule == "none" else f", {options.schedule} schedule"
    return f"{options.optimizer}, {', '.join(shown)}{schedule}, batches of {options.batch_size}"


def rates(optimizer: nn.Optimizer) -> dict[str, float]:
    """Return the optimiser's numbers that are not 0."""
    names = ("lr", "momentum", "weight_decay")
    return {name: optimizer.defaults[name] for name in names if optimizer.defaults.get(name)}


def run(
    model: nn.Module,
    X: Any,
    y: Any,
    optimizer: nn.Optimizer,
    options: argparse.Namespace,
    glimpse: Callable[[int], str] = lambda epoch: "",
    **how: Any,
) -> nn.History:
    """Train as `options` say and `how` tells `nn.fit`; `glimpse` stands behind the line an epoch.

    At most 20 epochs are told, the last one always.
    """
    shown = set(np.linspace(1, options.epochs, MOST_LINES).round().astype(int).tolist())
    colour = None if "NO_COLOR" in os.environ else "green"
    quiet = True if options.json else None  # None: a bar on terminals only

    def line(history: nn.History) -> str:
        epoch, width = len(history.loss), len(str(options.epochs))
        told = f"epoch {epoch:>{width}}/{options.epochs}  {history.report()}"
        return f"{told}  {glimpse(epoch)}".rstrip()

    def report(history: nn.History) -> None:
        bar.set_postfix_str(history.report(), refresh=False)
        bar.update()
        if len(history.loss) in shown:
            told = line(history)
            with tqdm.external_write_mode():
                print(told, flush=True)

    with tqdm(total=options.epochs, unit="epoch", leave=False, disable=quiet, colour=colour) as bar:
        history = nn.fit(
            model,
            X,
            y,
            optimizer=optimizer,
            schedule=make_schedule(options, optimizer, -(-len(y) // options.batch_size)),
            epochs=options.epochs,
            batch_size=options.batch_size,
            seed=options.seed,
            callbacks=[] if options.json else [report],
            progress=False,
            **how,
        )
    if not options.json and history.loss and len(history.loss) not in shown:
        print(line(history))
    return history


def conclude(
    history: nn.History, options: argparse.Namespace, document: dict[str, Any], lines: Iterable[str]
) -> int:
    """Draw the curves, tell how it went, as `document` or in `lines`; return the exit status."""
    if options.plot and history.loss:
        figure = history.plot().get_figure(root=True)
        assert figure is not None
        figure.savefig(options.plot, bbox_inches="tight")
    if options.json:
        print_json(document)
    else:
        if history.stopped:
            print(f"stopped after {len(history.loss)} epochs: {history.stopped}")
        for line in lines:
            print(line)
        if options.save:
            print(f"saved to {printable(options.save)}")
    return INTERRUPTED if history.stopped == "interrupted" else 0
