"""python -m nn: train a network of scalar Values on real data, from the command line."""

import argparse
import os
import random
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from tqdm import tqdm

import nn
from nn.activations import ACTIVATIONS
from nn.checks import not_negative, positive
from nn.data import DATASETS, load

HIDDEN = {"digits": [32], "iris": [10], "moons": [16, 16]}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print `message` in one line and exit with status 2."""
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: error: {line}; see {self.prog} --help\n")


def number(kind: Callable[[str], Any], check: Callable[[Any], Any]) -> Callable[[str], Any]:
    """Return an argparse type: convert by `kind`, then let `check` refuse the result."""

    def convert(text: str) -> Any:
        try:
            return check(kind(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def at_least(least: int) -> Callable[[str], Any]:
    """Return an argparse type for whole numbers of at least `least`."""

    def check(x: int) -> int:
        if x < least:
            raise ValueError(f"must be at least {least}, got {x}")
        return x

    return number(int, check)


def check_seed(seed: int) -> int:
    """Return `seed`, which scikit-learn wants between 0 and 2**32 - 1."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"must be from 0 to {2**32 - 1}, got {seed}")
    return seed


def parser() -> Parser:
    """Return the parser of the command line."""
    p = Parser(
        prog="python -m nn",
        description="Train a multi-layer perceptron of scalar Values; report its test accuracy.",
        epilog="example: python -m nn --data moons --hidden 16 16 --activation tanh --epochs 30",
    )
    p.add_argument("--data", choices=DATASETS, default="digits", help="default: digits")
    p.add_argument(
        "--hidden",
        type=at_least(1),
        nargs="*",
        metavar="N",
        help="widths of the hidden layers (default: 32 for digits, 10 for iris, 16 16 for moons)",
    )
    p.add_argument("--activation", choices=list(ACTIVATIONS), default="relu", help="default: relu")
    p.add_argument("--epochs", type=at_least(1), default=40, help="default: 40")
    p.add_argument("--batch-size", type=at_least(1), default=32, help="default: 32")
    p.add_argument(
        "--lr",
        type=number(float, lambda x: positive("lr", x)),
        default=0.2,
        help="learning rate (default: 0.2)",
    )
    p.add_argument(
        "--momentum",
        type=number(float, lambda x: not_negative("momentum", x)),
        default=0.9,
        help="default: 0.9",
    )
    p.add_argument(
        "--seed",
        type=number(int, check_seed),
        default=0,
        help="fixes split, weights and shuffling (default: 0)",
    )
    return p


def main(arguments: list[str] | None = None) -> int:
    """Run the command line `arguments`; returns the exit status."""
    p = parser()
    options = p.parse_args(arguments)
    try:
        data = load(options.data, seed=options.seed)
    except ImportError as error:
        p.error(str(error))
    hidden = HIDDEN[options.data] if options.hidden is None else options.hidden
    model = nn.MLP(
        data.X_train.shape[1],
        [*hidden, len(data.classes)],
        activation=options.activation,
        rng=random.Random(options.seed),
    )
    print(f"{data.name}: {len(data.X_train)} training and {len(data.X_test)} test examples")
    print(f"{model}, {len(model.parameters())} parameters", flush=True)

    def report(history: nn.History) -> None:
        epoch = f"epoch {len(history.loss):>{len(str(options.epochs))}}/{options.epochs}"
        tqdm.write(f"{epoch}  {history.report()}")
        sys.stdout.flush()

    nn.fit(
        model,
        data.X_train,
        data.y_train,
        loss=nn.cross_entropy,
        optimizer=nn.SGD(model.parameters(), lr=options.lr, momentum=options.momentum),
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=options.seed,
        callbacks=[report],
    )
    print(f"test accuracy {100 * nn.accuracy(model, data.X_test, data.y_test):.2f} %")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        sys.stdout = open(os.devnull, "w")
