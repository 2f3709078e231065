"""The pages' JavaScript that needs no browser: its own tests, by node's runner."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "file", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=Path.name.fget
)
def test_by_nodes_runner(file):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on the PATH")
    run = subprocess.run([node, "--test", file], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
