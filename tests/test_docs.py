"""The pages of README and of the site: every block of code runs, and every public name is there."""

import ast
import contextlib
import doctest
import inspect
import io
import re
import shlex
import subprocess
import textwrap
import tomllib
import types
from dataclasses import is_dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

import autograd
import nn
import nn.data
import nn.sklearn
from autograd.engine.primitive import TABLE
from nn.commands.main import main
from nn.commands.parser import parse
from nn.layers.recurrent import RecurrentLayer

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [path for path in PAGES if "_build" not in path.parts]
BLOCK = re.compile(r"^```(\{[\w-]+\}|\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS
# What tells that a block needs a library that the `test` extra does not bring along.
OTHERS = {
    **{"plot_": "matplotlib", "torch": "torch", "jax": "jax", "onnxruntime": "onnxruntime"},
    **{"to_onnx": "onnx", "safetensors": "safetensors"},
}


def blocks(path, *kinds):
    """Each block of these languages: its first line in the file, and its text."""
    text = path.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        if found[1] in kinds:
            yield text.count("\n", 0, found.start()) + 1, found[2]


def name_of(path):
    return str(path.relative_to(ROOT))


def test_every_block_is_of_a_kind_that_is_tested_or_no_code():
    code, others = {"python", "console", "sh", "c"}, {"text", "latex"}
    for path in PAGES:
        kinds = {found[1] for found in BLOCK.finditer(path.read_text(encoding="utf-8"))}
        assert {k for k in kinds if not k.startswith("{")} <= code | others, name_of(path)


@pytest.mark.parametrize(
    "path", [path for path in PAGES if any(blocks(path, "python"))], ids=name_of
)
def test_code_runs_and_prints_what_stands_below_it(path, tmp_path, monkeypatch):
    """In the order of a page, with one set of names."""
    if path.name == "many_machines.md":
        pytest.importorskip("distributed", reason="needs seegrad[distributed]")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for line, code in blocks(path, "python"):
        if any(word in code and find_spec(name) is None for word, name in OTHERS.items()):
            continue
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, names, path.name, str(path), line)
            runner.run(test, clear_globs=False)
            names.update(test.globs)
        else:
            exec(compile("\n" * line + code, str(path), "exec"), names)
            for name in re.findall(r"^def (test_\w+)", code, re.MULTILINE):
                names[name]()
    assert not runner.failures


def test_code_that_is_quoted_is_that_of_the_files():
    """Rows of the two tables, on pages that explain how they are read and how one is added."""
    files = [
        ROOT / "autograd" / "engine" / "table.py",
        ROOT / "autograd" / "checking" / "mistakes.py",
    ]
    code = " ".join(" ".join(path.read_text(encoding="utf-8") for path in files).split())
    quoted = [text for path in PAGES for _, text in blocks(path, "text")]
    assert len(quoted) >= 4
    assert [text for text in quoted if " ".join(text.split()) not in code] == []


def commands(text):
    """The command lines of a block, continued lines joined, comments left out."""
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.split("#")[0].strip()]


INSTALLED = re.compile(r"(python3 -m venv|pip install|jupyter|scripts/|\.venv/|git )")


@pytest.mark.parametrize("path", [path for path in PAGES if any(blocks(path, "sh"))], ids=name_of)
def test_commands_are_understood(path, monkeypatch):
    """Those of `python -m nn` have options that exist; scripts are there; extras, too."""
    extras = set(re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    for _, text in blocks(path, "sh"):
        for words in commands(text):
            line = shlex.join(words)
            for extra in re.findall(r"\.\[(\w+)\]", line):
                assert extra in extras, line
            if words[:3] == ["python", "-m", "nn"]:
                assert parse(words[3:])
            elif words[0] in ("python", "python3") and words[1].endswith(".py"):
                assert (ROOT / words[1]).exists(), line
            elif words[0].startswith("scripts/"):
                assert (ROOT / words[0]).exists(), line
            else:
                assert INSTALLED.match(line), line


@pytest.mark.parametrize(
    "path", [path for path in PAGES if any(blocks(path, "console"))], ids=name_of
)
def test_sessions_of_the_command_line_print_what_they_show(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checker = doctest.OutputChecker()
    for _, text in blocks(path, "console"):
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, shown = part.split("\n", 1)
            words = shlex.split(line)
            if words[:3] == ["python", "-m", "nn"]:
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    main(words[3:])
                printed = printed.getvalue()
            else:  # a tool of the shell, such as `head`
                printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            assert checker.check_output(shown, printed, OPTIONS), f"$ {line}\n{printed}"


def public(module):
    return {
        name
        for name, item in vars(module).items()
        if not name.startswith("_") and not isinstance(item, types.ModuleType)
    }


def documented(module):
    """The names of `module` that the pages of the reference hold a directive for."""
    found, current = set(), None
    for path in sorted((ROOT / "docs" / "reference").glob("*.md")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(".. currentmodule::"):
                current = line.split()[-1]
            entry = re.match(r"\.\. (?:auto\w+|py:\w+):: (\w+)|(?: {17})(\w+)\(", line)
            if entry and current == module.__name__:
                found.add(entry[1] or entry[2])
    return found


@pytest.mark.parametrize("module", [autograd, nn, nn.data, nn.sklearn], ids=lambda m: m.__name__)
def test_the_reference_holds_every_public_name(module):
    assert documented(module) == public(module)


def explained():
    """Every public function, class and method of a class: its name, itself, and its docstring.

    A method that a base class has, too, is explained there, and so is what NumPy calls as we do.
    """
    seen = set()
    modules = (nn.data, nn.schedules, nn.losses, nn.optim, nn.layers, nn.sklearn, autograd, nn)
    for module in modules:
        for name in module.__all__:
            item = getattr(module, name)
            if not (inspect.isclass(item) or inspect.isroutine(item)) or item in seen:
                continue
            seen.add(item)
            yield f"{module.__name__}.{name}", inspect.unwrap(item), item.__doc__ or ""
            for own, method in vars(item).items() if inspect.isclass(item) else ():
                inherited = any(hasattr(base, own) for base in item.__mro__[1:])
                method = inspect.unwrap(getattr(method, "__func__", method))
                if inspect.isfunction(method) and not (own.startswith("_") or inherited):
                    if item is not autograd.Value or method.__doc__:
                        yield f"{module.__name__}.{name}.{own}", method, method.__doc__ or ""


EXPLAINED = list(explained())
BY_NAME = {name.rpartition(".")[2]: (item, text) for name, item, text in EXPLAINED}
BY_NAME["RecurrentLayer"] = (RecurrentLayer, RecurrentLayer.__doc__)
REFERENCE = re.compile(r"(?:as for|see|as to|[Rr]aises as|as|what) `(?:nn\.)?(\w+)`(?: raises)?")
NOT_OURS = {"KeyboardInterrupt", "ValuesAmongArguments"}  # passed on, and caught


def whole(text, depth=3):
    """A docstring with those that it refers to."""
    found = REFERENCE.findall(" ".join(text.split())) if depth else []
    names = [name for name in found if name in BY_NAME]
    return " ".join([text, *(whole(BY_NAME[name][1], depth - 1) for name in names)])


def unexplained(item, text):
    """What a docstring leaves out: arguments, and errors that are raised in the body itself."""
    said, made = whole(text), item
    if inspect.isclass(item):
        made = item.__init__ if "__init__" in vars(item) or is_dataclass(item) else None
    if not inspect.isfunction(made):
        return []
    kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    parameters = inspect.signature(made).parameters.values()
    needed = [p.name for p in parameters if p.kind not in kinds and p.name != "self"]
    with contextlib.suppress(OSError):  # a dataclass writes its own
        tree = ast.parse(textwrap.dedent(inspect.getsource(made)))
        raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
        names = [
            error.func.id for error in raised if isinstance(getattr(error, "func", 0), ast.Name)
        ]
        needed += [name for name in names if name.endswith("Error")]
    return [name for name in needed if not re.search(rf"\b{name}\b", said)]


@pytest.mark.parametrize(
    ("item", "text"), [x[1:] for x in EXPLAINED], ids=[x[0] for x in EXPLAINED]
)
def test_a_docstring_names_every_argument_and_what_is_raised(item, text):
    assert text and unexplained(item, text) == []


def test_what_a_docstring_leaves_out_is_found():
    def mean(values, weights):
        """Return the mean of `values`."""
        if len(values) != len(weights):
            raise ValueError("of different lengths")

    def other(y, epochs):
        """Train once more, where arguments are as for `fit`."""

    assert unexplained(mean, mean.__doc__) == ["weights", "ValueError"]
    assert unexplained(other, other.__doc__) == []


def test_getting_started_names_every_extra_for_users():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "docs" / "getting_started.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    named = {name for line in lines for name in re.findall(r"`(\w+)`", line)}
    ours = {"all", "bench", "browser", "dev", "docs", "test"}
    assert named == set(project["optional-dependencies"]) - ours


def accuracy():
    """The lines of the table of accuracy, cell by cell."""
    text = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_primitive_has_a_line_of_accuracy():
    assert [cells[0] for cells in accuracy()] == [f"`{name}`" for name in TABLE]


def test_partials_are_as_accurate_as_the_guide_promises():
    """Every partial within 4 ULP, on floats and on arrays."""
    for name, _, _, on_floats, on_arrays, _ in accuracy():
        found = re.findall(r"(\S+) \(\S+\)", f"{on_floats}, {on_arrays}")
        assert len(found) >= 2 and max(map(float, found)) <= 4.0, name
