"""Tables from the command line beside scikit-learn: python benchmarks/tables.py [rows ...]

Ten made tables (`tests/made_tables.py`), each with 1,000, 10,000 and 50,000 rows unless told
otherwise. On our side `python -m nn train`, run in this process with its defaults: reading,
encoding, training, test. On the other side what somebody writes by hand: pandas.read_csv with the
arguments that the file asks for, a ColumnTransformer (medians with missing indicators and standard
scaling, one-hot) and MLPClassifier or, with a scaled target, MLPRegressor with their defaults. Both
are tested on the same rows, by accuracy or R2 in percent; tables of 1,000 rows are made five
times, as their test part has 200.
"""

import io
import json
import sys
import tempfile
import time
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from side_by_side import table
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from nn.commands import main as command_line
from nn.data.partition import held_out_rows

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from made_tables import TABLES, Made

ROWS = (1_000, 10_000, 50_000)


def ours(made: Made, path: Path) -> tuple[float, bool]:
    """The accuracy or R2 of the command line on its test part, and whether these are classes."""
    out = io.StringIO()
    with redirect_stdout(out):
        command_line(["train", *made.arguments(path), "--json"])
    document = json.loads(out.getvalue())
    classes = bool(document["classes"])
    return document["test"]["accuracy" if classes else "R2"], classes


def theirs(made: Made, path: Path, classes: bool) -> float:
    """The same of scikit-learn's pipeline, on the same rows."""
    how = {"encoding": made.encoding, "skipinitialspace": True, **made.reading}
    separator = r"\s+" if made.delimiter.isspace() and made.delimiter != "\t" else made.delimiter
    data = pd.read_csv(path, sep=separator, **how).dropna(how="all")
    data.columns = list(map(str, data.columns))
    target = data.columns[int(made.target)] if made.target.lstrip("-").isdigit() else made.target
    data = data[data[target].notna()].drop(columns=list(made.drop)).dropna(axis=1, how="all")
    y, X = data.pop(target).to_numpy(), data
    X = X.astype({name: str for name in X if X[name].dtype == bool})
    words = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    numbers = [name for name in X if name not in words]
    columns = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
                ),
                numbers,
            ),
            ("words", OneHotEncoder(handle_unknown="ignore"), words),
        ]
    )
    network: Any = MLPClassifier(random_state=0) if classes else MLPRegressor(random_state=0)
    if not classes:
        network = TransformedTargetRegressor(network, transformer=StandardScaler())
    kept, held = held_out_rows(y, 0.2, 0, stratify=classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pipeline = make_pipeline(columns, network).fit(X.iloc[kept], y[kept])
    return float(pipeline.score(X.iloc[held], y[held]))


def timed(function: Any, *arguments: Any) -> tuple[Any, float]:
    """What a function returns, and the seconds it took."""
    start = time.perf_counter()
    return function(*arguments), time.perf_counter() - start


def compare(made: Made, folder: Path, n: int) -> tuple[float, float, float, float, bool]:
    """Return the scores of both, their seconds, and whether these are classes: means over draws."""
    results = []
    for seed in range(max(1, min(5, 5000 // n))):
        path = made.write(folder, n, seed)
        (score, classes), seconds = timed(ours, made, path)
        other, others = timed(theirs, made, path, classes)
        results.append((score, other, seconds, others))
    score, other, seconds, others = np.mean(results, axis=0).tolist()
    return score, other, seconds, others, classes


def main() -> None:
    """Print a table of accuracies and times."""
    sizes = [int(argument) for argument in sys.argv[1:]] or ROWS
    headings = "table rows measure ours scikit-learn difference seconds scikit-learn ratio"
    rows: list[tuple[Any, ...]] = [tuple(headings.split())]
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            for made in TABLES:
                score, other, seconds, others, classes = compare(made, Path(folder), n)
                figures = [100 * score, 100 * other, 100 * (score - other), seconds, others]
                measure = "accuracy" if classes else "R2"
                shown = [f"{x:.2f}" for x in (*figures, seconds / others)]
                rows.append((made.name, f"{n:,}", measure, *shown))
                print(*rows[-1], file=sys.stderr, flush=True)
    print(table(rows))
    ratios = [float(row[-1]) for row in rows[1:]]
    print(f"median ratio of times {np.median(ratios):.2f}")


if __name__ == "__main__":
    main()
