"""The notebooks: run from a clean kernel, paired with their text, their solutions right."""

import json
import os
import re
from pathlib import Path

import pytest

import course

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.DOTALL)
EXERCISE = re.compile(r"check\(\s*\"(\d\d\.\d+)\"")
CELLS = 60  # at most, so that a lesson has an end
STRICT = """import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "the loss grew")  # lessons show what too large a rate does
warnings.filterwarnings("ignore", module="ipykernel")  # which warns itself when it is stopped
"""


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_the_course_is_there():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{i:02}" for i in range(1, 12)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_has_an_end_and_an_answer_cell_for_every_exercise(path):
    found = cells(path)
    assert len(found) < CELLS
    exercises = course.exercises(path.stem[:2])
    empty = ["".join(c["source"]) for c in found if c["cell_type"] == "code"]
    assert [n for text in empty for n in EXERCISE.findall(text)] == list(exercises)
    shown = "".join(str(output) for c in found for output in c.get("outputs", []))
    for number, task in exercises.items():
        assert f"Exercise {number}. Still to do, in place of `...`: {task.asked[0]}" in shown


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_was_executed_from_top_to_bottom_without_errors(path):
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = {output["output_type"] for cell in code for output in cell["outputs"]}
    assert "error" not in kinds
    data = {k for c in code for o in c["outputs"] for k in o.get("data", {})}
    assert data & {"image/svg+xml", "image/png"}, "a reader sees pictures without running it"
    assert not re.search(r"/(home|root|tmp|work|usr)/", path.read_text(encoding="utf-8"))
    text = "".join(t for c in code for o in c["outputs"] for t in o.get("text", []))
    assert "\r" not in text and "%|" not in text, "every step of a progress bar was stored"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_is_paired_with_its_text(path):
    jupytext = pytest.importorskip("jupytext", reason="needs the `notebooks` extra")
    text = jupytext.read(path.with_suffix(".py"))
    of_text = [(cell.cell_type, cell.source) for cell in text.cells]
    assert of_text == [(c["cell_type"], "".join(c["source"])) for c in cells(path)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_from_a_clean_kernel_and_its_solutions_are_right(path):
    """The solutions are further cells at the end, so that a lesson is executed once."""
    for needed in ("matplotlib", "ipykernel", "nbclient"):
        pytest.importorskip(needed, reason="needs the `notebooks` extra")
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    lesson, code = notebook.cells, nbformat.v4.new_code_cell
    solutions = [text for cell in lesson for text in SOLUTION.findall(cell.source)]
    assert len(solutions) >= 4
    unsolved = "import course; assert not course.solved, 'an empty answer cell answers nothing'"
    solved = f"assert set(course.exercises({path.stem[:2]!r})) <= course.solved"
    notebook.cells = [code(STRICT), *lesson, *map(code, [unsolved, *solutions, solved])]
    where = {"metadata": {"path": str(FOLDER)}}
    packages = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}  # of this tree, as pytest's own
    nbclient.NotebookClient(notebook, timeout=120, resources=where).execute(env=packages)
