"""The command line, run as its users run it."""

import re
import subprocess
import sys

import pytest

from nn.__main__ import main


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "nn", *arguments], capture_output=True, text=True, timeout=300
    )


def test_the_main_job_reads_handwritten_digits():
    done = run()
    assert done.returncode == 0, done.stderr
    assert "digits: 1437 training and 360 test examples" in done.stdout
    assert "MLP(64, [32, 10], activation='relu', output='linear'), 2410 parameters" in done.stdout
    epochs = re.findall(r"^epoch +(\d+)/40  loss [\d.]+  accuracy [\d.]+ %$", done.stdout, re.M)
    assert epochs == [str(i) for i in range(1, 41)]
    assert float(re.search(r"test accuracy ([\d.]+) %", done.stdout)[1]) >= 96.0


def test_other_data_and_options(capsys):
    assert main("--data iris --hidden 8 --activation tanh --epochs 30 --seed 3".split()) == 0
    out = capsys.readouterr().out
    assert "MLP(4, [8, 3], activation='tanh', output='linear')" in out
    assert float(out.rsplit("test accuracy ", 1)[1].split()[0]) >= 90.0
    assert (
        main("--data iris --hidden --epochs 2 --batch-size 8 --lr 0.01 --momentum 0".split()) == 0
    )
    assert "MLP(4, [3], output='linear'), 15 parameters" in capsys.readouterr().out


def test_a_seed_fixes_what_is_printed(capsys):
    outputs = []
    for seed in ("1", "1", "2"):
        main(["--data", "moons", "--epochs", "2", "--seed", seed])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--lr 0", "argument --lr: `lr` must be positive and finite, got 0.0"),
        ("--lr nan", "argument --lr: `lr` must be positive and finite, got nan"),
        ("--lr fast", "argument --lr: could not convert string to float: 'fast'"),
        ("--momentum -1", "argument --momentum: `momentum` must be at least 0"),
        ("--epochs 0", "argument --epochs: must be at least 1, got 0"),
        ("--batch-size 1.5", "argument --batch-size: invalid literal"),
        ("--hidden 8 0", "argument --hidden: must be at least 1, got 0"),
        ("--data mnist", "argument --data: invalid choice: 'mnist'"),
        ("--activation step", "argument --activation: invalid choice: 'step'"),
        ("--seed -1", "argument --seed: must be from 0 to 4294967295, got -1"),
        ("--speed 3", "unrecognized arguments: --speed 3"),
    ],
)
def test_bad_options_end_in_one_line_and_status_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments.split())
    captured = capsys.readouterr()
    assert stop.value.code == 2 and captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"python -m nn: error: {message}")


def test_help_shows_an_example():
    done = run("--help")
    assert done.returncode == 0 and "example: python -m nn --data moons" in done.stdout
