"""The command line's entrance: it runs a command, and turns errors into one line and status 2."""

import argparse
import os
import sys
import warnings
from typing import NoReturn

from tqdm import tqdm

from nn.commands.info import info
from nn.commands.parser import parse
from nn.commands.predict import predict
from nn.commands.session import INTERRUPTED
from nn.commands.text import on_text, train_on_text
from nn.commands.train import train


def _train(options: argparse.Namespace) -> int:
    return train_on_text(options) if on_text(options) else train(options)


# What the first command of README ends with.
NEXT = (
    "To try next: the same with `--model cnn` reads better still, with `--data names --model gpt` "
    "it invents names; README.md shows how to watch every step."
)
COMMANDS = {"train": _train, "predict": predict, "info": info}


def main(arguments: list[str] | None = None, prog: str = "python -m nn") -> int:
    """Run the command line `arguments` of the command `prog`; returns the exit status.

    Raises `SystemExit` with status 2 for what is wrong with arguments, files or data, and
    `BrokenPipeError` where nobody reads the output any more.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options, parser = parse(given, prog)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: tqdm.write(
                f"warning: {' '.join(str(message).split())}", file=sys.stderr
            )
            status = COMMANDS[options.command](options)
        if not given and status == 0:
            print(NEXT)
        return status
    except KeyboardInterrupt:  # outside the training, which reports what it has learnt
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None or error.strerror is None:
            parser.error(str(error))
        parser.error(f"{error.filename}: {error.strerror}")
    except (ValueError, TypeError, ImportError, FloatingPointError, MemoryError) as error:
        parser.error(str(error) or type(error).__name__)


def run(prog: str) -> NoReturn:
    """Be the command `prog`: run what it was given, and exit."""
    try:
        sys.exit(main(prog=prog))
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        sys.stdout = open(os.devnull, "w")
        sys.exit(0)


def seegrad() -> NoReturn:
    """Be the command that is installed."""
    run("seegrad")
