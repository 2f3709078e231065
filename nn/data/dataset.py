"""Dataset: examples and labels, split, scaled and described."""

from dataclasses import dataclass

from nn.checks import Array
from nn.data.features import Features
from nn.data.scaling import Scaling

TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Dataset:
    """Examples and labels: `X_train` (n, inputs), `y_train` (n,); for testing `X_test`, `y_test`.

    `name` is for people, `task` "classification" or "regression". In classification `y` holds
    indices into `classes`, in regression the numbers themselves and `classes` is empty. `columns`
    names the inputs where they have names, `target` what is to be predicted; `shape` is (channels,
    rows, columns) where examples are images; `scaling`, fitted to the training part, has been
    applied to both. `features` says how the columns of a table became inputs, and `unlabelled` how
    many of its rows were left out because they have no target.
    """

    name: str
    X_train: Array
    y_train: Array
    X_test: Array
    y_test: Array
    classes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    target: str = "class"
    task: str = "classification"
    shape: tuple[int, int, int] | None = None
    scaling: Scaling | None = None
    features: Features | None = None
    unlabelled: int = 0
