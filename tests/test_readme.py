"""The README's examples print what it says, and its tables are whole."""

import doctest
import re
from pathlib import Path

from autograd.engine.primitive import TABLE

README = Path(__file__).parents[1] / "README.md"


def test_examples():
    rows = set(TABLE)
    results = doctest.testfile(str(README), module_relative=False)
    for name in set(TABLE) - rows:
        del TABLE[name]
    assert results.failed == 0 and results.attempted >= 10


def test_the_quick_start_is_two_commands():
    commands = [line for line in README.read_text().splitlines() if line.startswith("python3 -m")]
    assert [c.split(" -m ")[-1] for c in commands] == ["nn", "pytest -n auto"]


def test_how_to_read_it_names_every_file_of_the_engine_with_its_length():
    engine = README.parent / "autograd" / "engine"
    named = re.findall(r"^\| `(\w+\.py)` \| (\d+) \|", README.read_text(), re.MULTILINE)
    assert [name for name, _ in named][:4] == ["graph.py", "primitive.py", "table.py", "value.py"]
    lengths = {name: len((engine / name).read_text().splitlines()) for name, _ in named}
    assert {name: int(length) for name, length in named} == lengths
    assert {path.name for path in engine.glob("*.py")} == {*lengths, "__init__.py"}


def accuracy():
    """The lines of the table of accuracy, cell by cell."""
    section = README.read_text().split("\n## Accuracy\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_primitive_has_a_line_of_accuracy():
    assert [cells[0] for cells in accuracy()] == [f"`{name}`" for name in TABLE]


def test_partials_are_as_accurate_as_the_readme_promises():
    """Every partial within 4 ULP, on floats and on arrays."""
    for name, _, _, on_floats, on_arrays, _ in accuracy():
        found = re.findall(r"(\S+) \(\S+\)", f"{on_floats}, {on_arrays}")
        assert len(found) >= 2 and max(map(float, found)) <= 4.0, name
