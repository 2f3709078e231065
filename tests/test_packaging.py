"""What is packed: the files of a wheel, names, versions that agree, and the installed command."""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import autograd
import nn
from nn.commands.main import main

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# What is no Python of ours, and read by a page or a function.
DATA = {
    "autograd": "py.typed",
    "autograd/pictures": "functions.js numbers.js",
    "autograd/pictures/stepper_page": "elements.js geometry.js graph.js leaves.js nudge.js "
    "page.css page.html picture.js quiz.js session.js start.js steps.js tabs.js text.js "
    "tip.js update.js views.js",
    "nn": "py.typed",
    "nn/data": "names.txt",
    "nn/live": "controls.js curves.js details.js elements.js loop.js network.js optimizer.js "
    "page.html page.js points.js random.js state.js style.css surface.js trainer.js",
}


def test_data_files_are_those_that_are_packed():
    found = {
        str(path.relative_to(ROOT))
        for package in ("autograd", "nn")
        for path in (ROOT / package).rglob("*.*")
        if path.suffix not in (".py", ".pyc") and path.is_file()
    }
    assert found == {f"{where}/{name}" for where, names in DATA.items() for name in names.split()}
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    declared = {
        str(path.relative_to(ROOT))
        for package, patterns in packed["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    assert declared == found


@pytest.mark.skipif(find_spec("build") is None, reason="needs build")
def test_the_scripts_of_a_release_check_what_they_build():
    done = subprocess.run(
        [sys.executable, "scripts/release", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and "wheel" in done.stdout


def test_versions_agree():
    version = PROJECT["version"]
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {version}\n" in citation
    dates = re.findall(rf"(?m)^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)$", changelog())
    assert len(dates) == 1 and f"\ndate-released: {dates[0]}\n" in citation


def changelog():
    return (ROOT / "CHANGELOG.md").read_text()


def test_the_changelog_has_the_form_of_keep_a_changelog():
    headings = re.findall(r"(?m)^#+ .*$", changelog())
    assert headings[0] == "# Changelog"
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for heading in headings[1:]:
        level, _, text = heading.partition(" ")
        if level == "##":
            assert re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", text), text
        else:
            assert level == "###" and text in kinds, heading


PUBLIC = [
    f"{package.__name__}{name}"
    for package in (autograd, nn)
    for name in ("", *(f".{m.name}" for m in pkgutil.iter_modules(package.__path__) if m.ispkg))
]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_package_that_hands_out_names_says_which(name):
    module = importlib.import_module(name)
    handed_out = set(re.findall(r"import (\w+) as \1\b", Path(module.__file__).read_text()))
    if handed_out:
        assert handed_out <= set(module.__all__)
        assert not any(n.startswith("_") for n in module.__all__)


def test_the_installed_command_is_called_by_its_name(capsys):
    assert PROJECT["scripts"] == {"seegrad": "nn.commands.main:seegrad"}
    for prog in ("seegrad", "python -m nn"):
        with pytest.raises(SystemExit):
            main(["train", "--help"], prog)
        out = capsys.readouterr().out
        assert out.startswith(f"usage: {prog} train") and f"\n  {prog} train --csv" in out
        assert prog == "python -m nn" or "python -m nn" not in out
        with pytest.raises(SystemExit):
            main(["train", "--epochs", "no"], prog)
        assert capsys.readouterr().err.startswith(f"{prog} train: error: ")


def test_a_shell_completes_options():
    pytest.importorskip("argcomplete")
    line = "seegrad train --opti"
    command = f"{sys.executable} -c 'from nn.commands.main import seegrad; seegrad()'"
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"{command} 8>&1 9>/dev/null",
        ],
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        },
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "--optimizer"
