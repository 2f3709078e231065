"""README: short, with its two commands, its pictures, and how to read the engine."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short():
    assert len(README.encode()) <= 6000


def test_the_quick_start_is_two_commands():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m")]
    assert [c.split(" -m ")[-1] for c in commands] == ["nn", "pytest -n auto"]
    started = (ROOT / "docs" / "getting_started.md").read_text(encoding="utf-8")
    assert all(command in started for command in commands)


def test_it_has_three_uses_of_ten_lines_each():
    uses = re.findall(
        r"^\*\*(In [\w ]+)\*\*.*?```python\n(.*?)```", README, re.DOTALL | re.MULTILINE
    )
    assert [name for name, _ in uses] == ["In a program", "In Jupyter", "In tests"]
    assert all(len(code.strip().splitlines()) <= 13 for _, code in uses)


def test_how_to_read_it_names_every_file_of_the_engine_with_its_length():
    engine = ROOT / "autograd" / "engine"
    named = re.findall(r"^\| `(\w+\.py)` \| (\d+) \|", README, re.MULTILINE)
    assert [name for name, _ in named][:4] == ["graph.py", "primitive.py", "table.py", "value.py"]
    lengths = {name: len((engine / name).read_text().splitlines()) for name, _ in named}
    assert {name: int(length) for name, length in named} == lengths
    assert {path.name for path in engine.glob("*.py")} == {*lengths, "__init__.py"}


def test_what_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", README)
    named = {one or other for one, other in links}
    assert len(named) >= 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_picture_is_light_and_dark():
    light = set(re.findall(r'src="([^"]+)"', README))
    dark = set(re.findall(r'srcset="([^"]+)"', README))
    assert dark == {re.sub(r"(\.\w+)$", r"-dark\1", name) for name in light} and len(light) == 4
