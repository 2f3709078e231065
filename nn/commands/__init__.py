"""The command line: `python -m nn train`, `predict` and `info`.

    parser          what can be asked for, and the checks of each argument
    recipes         the defaults that fit a data set and a model, and what is made by them
    record          what a saved file says besides the weights
    session         a training with its bar and lines
    train text predict info   the commands

Invariant: results go to stdout, with `--json` as one document and nothing else; whatever is wrong
with arguments, files or data is one line on stderr and status 2.
"""

from nn.commands.main import main as main

__all__ = ["main"]
