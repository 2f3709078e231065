"""The README's examples print what it says."""

import doctest
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_examples():
    results = doctest.testfile(str(README), module_relative=False)
    assert results.failed == 0 and results.attempted >= 10


def test_the_quick_start_is_two_commands():
    commands = [line for line in README.read_text().splitlines() if line.startswith("python3 -m")]
    assert [c.split()[-1] for c in commands] == ["nn", "pytest"]
