"""The parser of the command line: every option with its check, and examples for each command."""

import argparse
import contextlib
import os
from typing import Any

from nn.checks import check_share, fraction, not_negative, positive
from nn.commands.arguments import Parser, check_seed, count, number, path
from nn.commands.characters import MODELS
from nn.commands.recipes import SCHEDULES
from nn.data import DATASETS, TEXTS
from nn.data.dataset import TASKS
from nn.data.scaling import SCALINGS
from nn.layers.activations import ACTIVATIONS
from nn.training.arguments import OPTIMIZERS

COMMANDS = {
    "train": (
        "train a network and test it",
        """Train a network and report its accuracy on examples that were held out.

The defaults of the options marked * fit the data and the model; the report prints them.""",
        """examples:
  %(prog)s                                   read handwritten digits
  %(prog)s --model cnn --save digits.json    with a small convolutional network
  %(prog)s --data moons --hidden 16 16 --activation tanh --plot moons.png
  %(prog)s --csv flowers.csv --target species --validation 0.2 --patience 10
  %(prog)s --csv air.csv --target "C6H6(GT)" --drop Date Time --missing -200
  %(prog)s --data spirals --optimizer adam --lr 0.02 --epochs 100
  %(prog)s --data names --model gpt          invent names
  %(prog)s --text poems.txt --model lstm --save poet.json --sample 500
""",
    ),
    "predict": (
        "what a saved network says about new data",
        "Write what a saved network says about each row, as CSV.",
        """examples:
  %(prog)s --load flowers.json --csv new.csv > predictions.csv
  %(prog)s --load digits.json --data digits --json
  %(prog)s --load poet.json --sample 500

Columns are found by name; others, the target's too, need not be there. Where the target is there,
accuracy (or error) is reported on stderr. --data takes the test part of a data set, held out by
the seed of the training.
""",
    ),
    "info": (
        "what a saved file holds",
        "Print the architecture of a saved network, and how it was trained.",
        """examples:
  %(prog)s --load digits.json
  %(prog)s --load digits.json --json
""",
    ),
}

FILE: Any = {"type": path, "metavar": "FILE"}
SEED: Any = {"type": number("seed", check_seed, int), "default": 0}


def parser(prog: str = "python -m nn") -> tuple[Parser, dict[str, Parser]]:
    """Return the parser of the command line `prog`, and those of its commands by name."""
    top = Parser(
        prog=prog,
        description="Networks of scalar Values: train them on real data, and use them.",
        epilog=f"Without a command it is train. examples: {prog} --data moons; {prog} train --help",
    )
    commands = top.add_subparsers(dest="command", required=True, parser_class=Parser)
    made = {
        name: commands.add_parser(name, help=told, description=about, epilog=examples)
        for name, (told, about, examples) in COMMANDS.items()
    }
    train, predict, info = made.values()
    _data(train)
    _reading(train)
    _model(train)
    _training(train)
    for command in (predict, info):
        command.add_argument("--load", **FILE, required=True, help="the saved network")
    given = predict.add_mutually_exclusive_group(required=True)
    given.add_argument("--csv", **FILE, help="a CSV file with the columns of the training")
    given.add_argument("--data", choices=DATASETS, help="a data set by name")
    given.add_argument(
        "--sample", type=count("sample"), metavar="N", help="characters, of a model of a text"
    )
    predict.add_argument("--seed", **SEED, help="of what is drawn for --sample: 0")
    _reading(predict)
    for command in (train, predict, info):
        command.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return top, made


def _data(p: Parser) -> None:
    group = p.add_argument_group("data")
    given = group.add_mutually_exclusive_group()
    given.add_argument("--data", choices=(*DATASETS, *TEXTS), help="default: digits")
    given.add_argument("--csv", **FILE, help="a table, in a text file")
    given.add_argument("--text", **FILE, help="a text, to learn its characters")
    group.add_argument("--target", metavar="COLUMN", help="the column to predict, name or position")
    group.add_argument("--task", choices=TASKS, help="default: as the target column suggests")
    group.add_argument("--drop", metavar="COLUMN", nargs="+", help="columns to leave out")
    group.add_argument("--scale", choices=(*SCALINGS, "none"), help="scaling of the numbers *")
    for name, told in ("test", "held out for the test *"), ("validation", "to watch in training"):
        group.add_argument(f"--{name}", type=number(name, check_share), help=f"share {told}")
    told = "add images shifted in 4 or 8 directions *"
    group.add_argument("--shift", type=int, choices=(0, 4, 8), help=told)


def _reading(p: Parser) -> None:
    group = p.add_argument_group("how the CSV file is written down, by default found out")
    group.add_argument("--delimiter", metavar="SIGN", help="between cells")
    group.add_argument("--encoding", metavar="NAME", help="such as latin-1 or utf-16")
    group.add_argument("--decimal", choices=(".", ","), help="the decimal sign")
    group.add_argument("--thousands", metavar="SIGN", help="between groups of digits")
    group.add_argument(
        "--missing", metavar="WORD", nargs="+", help="what stands for nothing, beside NA, ? ..."
    )
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first row names the columns; without a header they are 0, 1, 2 ...",
    )


def _model(p: Parser) -> None:
    group = p.add_argument_group("model")
    group.add_argument(
        "--model",
        choices=("mlp", "cnn", *MODELS),
        help="cnn is for images; default: mlp. Of a text ngram (the default), lstm or gpt",
    )
    widths = "widths of the hidden layers *"
    group.add_argument("--hidden", type=count("hidden"), nargs="*", metavar="N", help=widths)
    group.add_argument("--activation", choices=list(ACTIVATIONS), help="default: relu")
    group.add_argument(
        "--dropout", type=number("dropout", fraction), help="after hidden layers; default: 0"
    )
    group.add_argument("--load", **FILE, help="go on with a saved network instead")
    group = p.add_argument_group("text")
    block = "characters that the model looks at *"
    group.add_argument("--block-size", type=count("block-size"), metavar="N", help=block)
    group.add_argument(
        "--sample", type=count("sample", 0), metavar="N", help="characters written in the end: 200"
    )


def _training(p: Parser) -> None:
    group = p.add_argument_group("training")
    group.add_argument("--epochs", type=count("epochs"), help="passes over the training set *")
    group.add_argument("--batch-size", type=count("batch-size"), default=32, help="default: 32")
    group.add_argument("--optimizer", choices=list(OPTIMIZERS), help="default: sgd, of text adam")
    group.add_argument("--lr", type=number("lr", positive), help="learning rate *")
    told = "of sgd and rmsprop; default of sgd: 0.9"
    group.add_argument("--momentum", type=number("momentum", not_negative), help=told)
    kind = number("weight_decay", not_negative)
    group.add_argument("--weight-decay", type=kind, help="pulls weights towards 0 *")
    group.add_argument(
        "--schedule", choices=SCHEDULES, default="cosine", help="of the rate; default: cosine"
    )
    group.add_argument(
        "--patience", type=count("patience"), help="stop after so many epochs without a better loss"
    )
    group.add_argument("--seed", **SEED, help="fixes split, weights and shuffling; default: 0")
    group = p.add_argument_group("files")
    group.add_argument("--save", **FILE, help="save the trained network, for predict")
    told = "draw loss and accuracy over the epochs"
    group.add_argument("--plot", type=path, metavar="FILE.png", help=told)


def parse(arguments: list[str], prog: str = "python -m nn") -> tuple[argparse.Namespace, Parser]:
    """Return the options and the parser of their command; without a command it is train.

    Where a shell asks for completions, it is given these instead, and the process ends.
    """
    top, commands = parser(prog)
    if "_ARGCOMPLETE" in os.environ:
        with contextlib.suppress(ImportError):
            import argcomplete

            argcomplete.autocomplete(top)
    first = arguments[0] if arguments else ""
    if not first or (first.startswith("-") and first not in ("-h", "--help")):
        arguments = ["train", *arguments]
    options = top.parse_args(arguments)
    return options, commands[options.command]
