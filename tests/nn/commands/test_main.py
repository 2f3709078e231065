"""The command line, run as its users run it."""

import contextlib
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import termios
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_tables import TABLES
from repeats import repeats

import nn
from nn.commands import main
from nn.commands.main import COMMANDS
from nn.data import load


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "nn", *arguments], capture_output=True, text=True, timeout=300
    )


def refused(arguments, capsys):
    """Run arguments that end in status 2; return the one line of stderr."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    captured = capsys.readouterr()
    assert stop.value.code == 2 and captured.out == ""
    assert captured.err.count("\n") == 1 and captured.err.endswith("--help\n")
    return captured.err


def write_flowers(folder):
    """Write iris as a CSV file; return its path."""
    iris = load("iris", scale=None)
    path = folder / "flowers.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sepal length", "sepal width", "petal length", "petal width", "species"])
        for X, y in ((iris.X_train, iris.y_train), (iris.X_test, iris.y_test)):
            rows.writerows([*x, iris.classes[label]] for x, label in zip(X, y, strict=True))
    return str(path)


@pytest.fixture
def flowers(tmp_path):
    return write_flowers(tmp_path)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """The text of a network that was trained on the flowers and saved."""
    folder = tmp_path_factory.mktemp("trained")
    table, path = write_flowers(folder), folder / "flowers.json"
    with contextlib.redirect_stdout(io.StringIO()):
        how = ["--csv", table, "--target", "species", "--epochs", "30"]
        assert main([*how, "--save", str(path)]) == 0
    return path.read_text(encoding="utf-8")


@pytest.fixture
def trained(trained_once, tmp_path):
    """Its file, a fresh one for each test."""
    path = tmp_path / "flowers.json"
    path.write_text(trained_once, encoding="utf-8")
    return str(path)


def test_the_main_job_reads_handwritten_digits():
    done = run()
    assert done.returncode == 0, done.stderr
    assert "digits: 1437 training and 360 test examples" in done.stdout
    assert "7185 with shifts by a pixel in 4 directions" in done.stdout
    assert "MLP(64, [100, 10], activation='relu', output='linear'), 7510 parameters" in done.stdout
    assert "sgd, lr 0.2, momentum 0.9, cosine schedule, batches of 32" in done.stdout
    epochs = re.findall(r"^epoch +(\d+)/20  loss [\d.]+  accuracy [\d.]+ %$", done.stdout, re.M)
    assert epochs == [str(i) for i in range(1, 21)]
    assert float(re.search(r"test accuracy ([\d.]+) %", done.stdout)[1]) >= 97.5


def test_a_convolutional_network_reads_them_better(capsys):
    assert main("train --model cnn --epochs 3 --json".split()) == 0  # of 20: 3 are enough
    document = json.loads(capsys.readouterr().out)
    assert document["model"].startswith("Sequential(Reshape(1, 8, 8), Conv2d(1, 16, 3, padding=1")
    assert document["test"]["accuracy"] >= 0.985


@pytest.mark.parametrize(
    ("data", "least"), [("iris", 90), ("moons", 96), ("xor", 95), ("circles", 95), ("spirals", 93)]
)
def test_every_small_data_set_is_learnt_by_default(data, least, capsys):
    assert main(["--data", data]) == 0
    out = capsys.readouterr().out
    assert float(out.rsplit("test accuracy ", 1)[1].split()[0]) >= least


def test_the_first_command_ends_with_what_to_try_next(capsys, monkeypatch):
    monkeypatch.setitem(COMMANDS, "train", lambda options: 0)
    assert main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith("To try next: ") and told.count("\n") == 1
    for options in re.findall(r"`(--[^`]+)`", told):
        assert main(options.split()) == 0
    assert capsys.readouterr().out == ""


def test_the_old_form_without_a_command_still_trains(capsys):
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


def test_every_option_has_its_effect(capsys):
    main(
        "train --data moons --epochs 3 --optimizer adamw --lr 0.02 --weight-decay 0.1 --dropout 0.1"
        " --schedule one-cycle --validation 0.25 --test 0.4 --scale standard --json".split()
    )
    document = json.loads(capsys.readouterr().out)
    assert document["examples"] == {"training": 112, "validation": 38, "test": 100}
    assert "Dropout(0.1)" in document["model"]
    training = document["training"]
    assert (training["optimizer"], training["lr"], training["weight_decay"]) == ("adamw", 0.02, 0.1)
    assert len(document["history"]["val_loss"]) == 3 and document["history"]["lr"][-1] < 1e-5


def test_patience_stops_and_says_so(capsys):
    assert main("--data moons --hidden --validation 0.3 --patience 1 --lr 5".split()) == 0
    assert re.search(
        r"stopped after \d+ epochs: no better loss for 1 epochs", capsys.readouterr().out
    )


def test_shifted_images_never_leak_into_validation(capsys):
    main("--epochs 1 --validation 0.25 --json".split())
    examples = json.loads(capsys.readouterr().out)["examples"]
    assert examples == {"training": 5 * 1077, "validation": 360, "test": 360}


def test_predictions_use_scaling_and_class_names_of_the_training(
    flowers, trained, tmp_path, capsys
):
    table = list(csv.reader(Path(flowers).read_text().splitlines()))
    new = tmp_path / "new.csv"
    new.write_text("\n".join(";".join(["note", *row[3::-1]]) for row in table[:1]) + "\n")
    with open(new, "a", newline="") as file:
        csv.writer(file, delimiter=";").writerows(["a;b", *row[3::-1]] for row in table[1:])
    assert main(["predict", "--load", trained, "--csv", str(new)]) == 0
    captured = capsys.readouterr()
    header, *rows = csv.reader(captured.out.splitlines())
    assert header == ["species", "probability"] and captured.err == ""
    said = [row[0] for row in rows]
    assert np.mean([a == row[4] for a, row in zip(said, table[1:], strict=True)]) > 0.95
    assert main(["predict", "--load", trained, "--csv", flowers, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["predictions"] == said and document["scores"]["accuracy"] > 0.95


def test_predict_reports_the_accuracy_apart_from_the_predictions(flowers, trained, capsys):
    assert main(["predict", "--load", trained, "--csv", flowers]) == 0
    assert re.fullmatch(r"accuracy \d+\.\d\d %\n", capsys.readouterr().err)


@pytest.mark.parametrize("name", ["moons", "iris"])
def test_predict_takes_the_test_part_of_a_data_set(name, tmp_path, capsys):
    path = str(tmp_path / "model.json")
    main(f"--data {name} --seed 5 --save {path} --json".split())
    accuracy = json.loads(capsys.readouterr().out)["test"]
    main(["predict", "--load", path, "--data", name, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["scores"] == accuracy
    assert set(document["predictions"]) == set(load(name).classes)


def test_a_regression_answers_in_the_unit_of_its_target(tmp_path, capsys):
    table = tmp_path / "line.csv"
    table.write_text("x,y\n" + "".join(f"{x},{1000 + 3.5 * x}\n" for x in range(60)))
    path = str(tmp_path / "line.json")
    assert main(f"--csv {table} --target y --hidden --save {path}".split()) == 0
    out = capsys.readouterr().out
    assert "regression: y (1000 to 1199.5)" in out and "accuracy" not in out
    assert float(re.search(r"test R2 ([\d.]+)", out)[1]) > 0.999
    table.write_text("x\n10\n20\n")
    main(f"predict --load {path} --csv {table} --json".split())
    said = json.loads(capsys.readouterr().out)["predictions"]
    assert said == pytest.approx([1035, 1070], rel=0.01)
    main(f"predict --load {path} --csv {table}".split())
    assert capsys.readouterr().out == f"y\n{said[0]}\n{said[1]}\n"


def test_training_goes_on_from_a_saved_network(flowers, trained, capsys):
    arguments = f"train --load {trained} --csv {flowers} --epochs 1 --lr 1e-9 --json".split()
    assert main(arguments) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["training"]["continued"] and again["history"]["accuracy"][0] > 0.9
    said_again = [*arguments, "--target", "species", "--task", "classification"]
    assert main(said_again) == 0 and json.loads(capsys.readouterr().out) == again
    assert "--target cannot be changed" in refused([*arguments, "--target", "0"], capsys)


def test_no_row_of_the_test_is_trained_on_when_the_training_goes_on(tmp_path, capsys):
    first, second = str(tmp_path / "first.json"), str(tmp_path / "second.json")
    main(f"--data digits --seed 5 --test 0.25 --epochs 2 --shift 0 --save {first} --json".split())
    scores = [json.loads(capsys.readouterr().out)["test"]["accuracy"]]
    little = "--epochs 1 --lr 1e-9 --schedule none --shift 0 --json"
    main(f"train --load {first} {little} --save {second}".split())
    scores += [json.loads(capsys.readouterr().out)["test"]["accuracy"]]
    main(f"train --load {second} --seed 8 {little}".split())
    document = json.loads(capsys.readouterr().out)
    assert [*scores, document["test"]["accuracy"]] == [scores[0]] * 3 and scores[0] < 1
    assert document["examples"] == {"training": 1347, "validation": 0, "test": 450}
    main(f"predict --load {second} --data digits --json".split())
    assert json.loads(capsys.readouterr().out)["scores"]["accuracy"] == scores[0]


def test_a_table_is_split_again_as_it_was(flowers, trained, capsys):
    main(f"train --load {trained} --csv {flowers} --epochs 1 --lr 1e-9 --seed 7 --json".split())
    again = json.loads(capsys.readouterr().out)
    main(f"train --csv {flowers} --target species --epochs 30 --json".split())
    assert json.loads(capsys.readouterr().out)["test"] == again["test"]


def test_the_report_says_what_a_network_that_looks_at_nothing_would_reach(flowers, capsys):
    main(f"train --csv {flowers} --target species --drop 1 --epochs 1".split())
    out = capsys.readouterr().out
    assert re.search(r"^test accuracy [\d.]+ %  \(always `setosa`: 33.33 %\)$", out, re.M)
    main(["train", "--csv", flowers, "--target", "sepal length", "--epochs", "1", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["baseline"]["answer"].startswith("5.79")
    assert 0.7 < document["baseline"]["rmse"] < 1


@pytest.mark.parametrize(("epochs", "lines"), [(1, 1), (20, 20), (21, 20), (147, 20)])
def test_at_most_20_epochs_are_told_of(epochs, lines, capsys):
    main(["--data", "xor", "--epochs", str(epochs)])
    told = re.findall(r"^epoch +(\d+)/", capsys.readouterr().out, re.M)
    assert len(told) == lines and (told[0], told[-1]) == ("1", str(epochs))


def test_the_epoch_that_patience_ends_with_is_told_of(tmp_path, capsys):
    path = tmp_path / "xor.json"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        main(f"--data xor --epochs 900 --patience 2 --lr 3 --save {path}".split())
    out, err = capsys.readouterr()
    assert re.fullmatch("warning: `early_stopping` without .* hold out a share such as 0.2\n", err)
    *_, last, stopped, _, saved = out.splitlines()
    assert int(re.match(r"epoch +(\d+)/900", last)[1]) == int(re.search(r"after (\d+)", stopped)[1])
    assert saved == f"saved to {path}"


def on_a_terminal(*arguments, **variables):
    """What a terminal of 100 columns shows and receives while the command line runs."""
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    command = [sys.executable, "-m", "nn", *arguments]
    with subprocess.Popen(
        command, stdout=follower, stderr=follower, env={**os.environ, **variables}
    ) as process:
        os.close(follower)
        parts = []
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while part := os.read(leader, 65536):
                parts.append(part)
    os.close(leader)
    assert process.returncode == 0
    return b"".join(parts).decode()


def left_on(received):
    """The lines that a terminal shows after what it received; colours have no width."""
    lines = []
    for line in re.sub(r"\x1b\[\d*m", "", received.replace("\r\n", "\n")).split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_the_bar_is_coloured_and_leaves_nothing_behind():
    received = on_a_terminal("--data", "xor", "--epochs", "3")
    assert "epoch/s" in received and "\x1b[32m" in received
    *_, third, test, end = left_on(received)
    assert third.startswith("epoch 3/3  loss") and test.startswith("test accuracy") and end == ""
    assert "epoch/s" not in "".join(left_on(received))
    assert "\x1b" not in on_a_terminal("--data", "xor", "--epochs", "3", NO_COLOR="1")


LEAST = {
    "titanic.csv": 0.75,
    "adult.data": 0.8,
    "AirQuality.csv": 0.93,
    "bank.csv": 0.88,
    "houses.csv": 0.75,
    "churn.tsv": 0.75,
    "winequality.csv": 0.6,
    "auto-mpg.data": 0.93,
    "agaricus-lepiota.data": 0.8,
    "bikes.csv": 0.65,
}


@pytest.mark.parametrize("made", TABLES, ids=lambda made: made.name)
def test_tables_as_they_are_found_are_learnt_and_new_rows_predicted(made, tmp_path, capsys):
    table, path = made.write(tmp_path, 1000), str(tmp_path / "model.json")
    assert main(["train", *made.arguments(table), "--save", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    measure = "accuracy" if document["classes"] else "R2"
    assert document["test"][measure] > LEAST[made.name]
    if document["classes"]:
        assert document["test"]["accuracy"] > document["baseline"]["accuracy"] + 0.02
    assert main(["predict", "--load", path, "--csv", str(table), "--json"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert known["scores"][measure] > LEAST[made.name]
    new = made.without_target().write(tmp_path, 1000)
    assert main(["predict", "--load", path, "--csv", str(new), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["predictions"] == known["predictions"] and said["scores"] == {}


def test_what_was_said_of_the_file_holds_for_new_ones_unless_something_else_is_said(
    tmp_path, capsys
):
    table, path = tmp_path / "money.csv", str(tmp_path / "money.json")
    rows = [f"{x // 1000} {x % 1000:03};{x % 7 or 'nil'};{3 * x}" for x in range(1000, 9000, 40)]
    table.write_text("x;k;y\n" + "\n".join(rows) + "\n")
    how = ["--thousands", " ", "--missing", "nil", "--hidden"]
    assert main(["train", "--csv", str(table), "--target", "y", *how, "--save", path]) == 0
    capsys.readouterr()
    table.write_text("x,k\n2 000,3\n3 000,nil\n")
    assert main(["predict", "--load", path, "--csv", str(table), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["predictions"]
    assert said == pytest.approx([6000, 9000], rel=0.03)
    table.write_text("x,k\n2'000,3\n3'000,none\n")
    assert "'2'000\" is no number" in refused(
        ["predict", "--load", path, "--csv", str(table)], capsys
    ).replace('"2', "'2")
    arguments = ["predict", "--load", path, "--csv", str(table), "--thousands", "'", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["predictions"] == said


@pytest.fixture(scope="module", params=[".", ","])
def measured(request, tmp_path_factory):
    """A model of a table with this decimal sign, of y = 2 x + 1 where k is red, else 2 x."""
    folder, sign = tmp_path_factory.mktemp("decimals"), request.param
    rows = [
        f"{i / 8:.3f};{'red' if i % 3 else 'blue'};{i / 4 + bool(i % 3):.3f}" for i in range(80)
    ]
    table, path = folder / "table.csv", str(folder / "model.json")
    table.write_text("\n".join(["x;k;y", *rows, ""]).replace(".", sign))
    how = ["--target", "y", "--hidden", "--epochs", "200", "--save", path, "--json"]
    assert main(["train", "--csv", str(table), *how]) == 0
    return path, sign, folder / "new.csv"


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [
        ("x;k\n2,500;red\n", "."),
        ('k,x\nred,"2,500"\n', ","),
        ("x;k\n2.500;red\n", ","),
        ('k,x\nred,"0,250"\nred,"2,500"\n', "."),
    ],
)
def test_a_decimal_sign_that_is_in_doubt_is_asked_for(text, ambiguous, measured, capsys):
    path, sign, new = measured
    capsys.readouterr()
    new.write_text(text)
    arguments = ["predict", "--load", path, "--csv", str(new)]
    expected = 5001.0 if sign == "." and text.startswith('k,x\nred,"2') else 6.0
    if sign == ambiguous:
        message = refused(arguments, capsys)
        assert "is 2500 as the training's numbers were written, and 2.5 as this" in message or (
            "is 2.5 as the training's numbers were written, and 2500 as this" in message
        )
        arguments += ["--decimal", "." if "2.500" in text else ","]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["predictions"][-1] == pytest.approx(
        expected, rel=0.05
    )


def test_words_that_were_never_there_in_training_are_told(measured, capsys):
    path, sign, new = measured
    capsys.readouterr()
    number = "2.5".replace(".", sign)
    new.write_text(f"x;k\n{number};red\n{number};green\n{number};Red\n{number};\n")
    assert main(["predict", "--load", path, "--csv", str(new), "--json"]) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)["predictions"]) == 4
    assert said.err == (
        "new.csv, row 2, column `k`: 'green' was never there in training, and stands for none of "
        "its words; the same in 2 more rows\n"
    )
    new.write_text(f"x;k\n{number};red\n{number};\n")
    assert main(["predict", "--load", path, "--csv", str(new), "--json"]) == 0
    assert "row 2, column `k`: what is missing was never there" in capsys.readouterr().err
    new.write_text(f"x;k\n{number};red\n")
    assert main(["predict", "--load", path, "--csv", str(new), "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_only_rows_with_a_known_target_are_scored(flowers, trained, tmp_path, capsys):
    header, *rows = Path(flowers).read_text().splitlines()
    cut = [row.rpartition(",")[0] for row in rows]
    new = tmp_path / "new.csv"
    new.write_text("\n".join([header, rows[0], cut[1] + ",", cut[2] + ",tulip", ""]))
    line = refused(["train", "--load", trained, "--csv", str(new)], capsys)
    assert "new.csv, column `species`: 'tulip' is none of the network's classes" in line
    assert main(["predict", "--load", trained, "--csv", str(new), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["predictions"]) == 3 and document["scores"] == {"accuracy": 0.5}


def test_inputs_that_were_not_scaled_are_not_scaled_later(flowers, tmp_path, capsys):
    path = str(tmp_path / "plain.json")
    how = f"--csv {flowers} --target 4 --scale none --validation 0.2 --epochs 20 --save {path}"
    main(["train", *how.split()])
    assert "24 of the training examples held out for validation" in capsys.readouterr().out
    main(["predict", "--load", path, "--csv", flowers, "--json"])
    assert json.loads(capsys.readouterr().out)["scores"]["accuracy"] > 0.8
    main(["train", "--load", path, "--csv", flowers, "--epochs", "1", "--json"])
    assert json.loads(capsys.readouterr().out)["history"]["accuracy"][0] > 0.8


def test_na_none_and_a_dash_are_classes(tmp_path, capsys):
    table, path = tmp_path / "codes.csv", str(tmp_path / "codes.json")
    lines = [f"{x},{('NA', 'None', '-')[x // 40]}" for x in range(120)]
    table.write_text("\n".join(["x,code", *lines, ""]))
    assert main(["train", "--csv", str(table), "--target", "code", "--save", path]) == 0
    assert "classification: code (-, NA, None)" in capsys.readouterr().out
    table.write_text("x\n5\n60\n110\n")
    assert main(["predict", "--load", path, "--csv", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["predictions"] == ["NA", "None", "-"]


def test_how_the_file_was_understood_is_told(tmp_path, capsys):
    table = tmp_path / "air.csv"
    rows = [f"{x / 10:.1f};{x % 3 or ''};{2 * x if x % 9 else ''}" for x in range(200)]
    table.write_bytes("\n".join(rows).replace(".", ",").encode("cp1252"))
    assert main(["train", "--csv", str(table), "--target", "2", "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "utf-8, cells separated by ';', decimal comma, no header: columns 0 to 2" in out
    assert "23 rows without 2 left out" in out and "2 columns become 3 inputs" in out


def test_info_tells_what_is_in_the_file(trained, capsys):
    assert main(["info", "--load", trained]) == 0
    out = capsys.readouterr().out
    assert "MLP(4, [64, 3], activation='relu', output='linear')" in out
    for line in ("data         flowers.csv, 4 inputs: `sepal length`", "epochs       30"):
        assert line in out
    assert main(["info", "--load", trained, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["architecture"]["nouts"] == [64, 3] and document["parameters"] == 515
    assert document["classes"] == ["setosa", "versicolor", "virginica"]


def test_a_plot_is_written(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "moons.png"
    assert main(["--data", "moons", "--epochs", "2", "--plot", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_reports_saves_and_ends_in_status_130(tmp_path):
    path = tmp_path / "digits.json"
    command = [
        sys.executable,
        "-m",
        "nn",
        "--epochs",
        "100000",
        "--shift",
        "0",
        "--save",
        str(path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        for line in p.stdout:
            if line.startswith("epoch"):
                break
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=60)
    assert (p.returncode, err) == (130, "")
    assert "epochs: interrupted" in out and "test accuracy" in out
    assert len(nn.load(path).parameters()) == 7510


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--lr 0", "argument --lr: `lr` must be positive and finite, got 0.0"),
        ("--lr nan", "argument --lr: `lr` must be positive and finite, got nan"),
        ("--lr fast", "argument --lr: could not convert string to float: 'fast'"),
        ("--momentum -1", "argument --momentum: `momentum` must be at least 0"),
        ("--epochs 0", "argument --epochs: `epochs` must be a whole number of at least 1, got 0"),
        ("--batch-size 1.5", "argument --batch-size: invalid literal"),
        ("--hidden 8 0", "argument --hidden: `hidden` must be a whole number of at least 1, got 0"),
        ("--hidden 100000 100000", "--hidden makes 10007600010 weights"),
        ("--data cifar", "argument --data: invalid choice: 'cifar'"),
        ("--activation step", "argument --activation: invalid choice: 'step'"),
        ("--seed -1", "argument --seed: `seed` must be from 0 to 4294967295, got -1"),
        ("--speed 3", "unrecognized arguments: --speed 3"),
        ("--test 1", "argument --test: `test` must be between 0 and 1"),
        ("--dropout 1", "argument --dropout: `dropout` must be at least 0 and below 1"),
        ("--optimizer adam --momentum 0.5", "--momentum goes with sgd and rmsprop, not with adam"),
        ("--data iris --model cnn", "--model cnn is for images, and iris holds none"),
        ("--data iris --shift 4", "--shift is for images, and iris holds none"),
        ("--target species", "--target goes with --csv FILE"),
        ("--decimal ,", "--decimal goes with --csv FILE"),
        ("--no-header", "--header goes with --csv FILE"),
        ("--csv x.csv", "--csv needs --target COLUMN"),
        ("--csv missing.csv --target y", "missing.csv: No such file or directory"),
        pytest.param(
            *("--plot x.nothing", "--plot x.nothing: name a file such as training.png"),
            marks=pytest.mark.skipif(not find_spec("matplotlib"), reason="needs matplotlib"),
        ),
        ("--save missing/x.json", "--save missing/x.json: is a directory, or its directory does"),
        ("--load missing.json", "missing.json: No such file or directory"),
    ],
)
def test_bad_options_end_in_one_line_and_status_2(arguments, message, capsys):
    line = refused(arguments.split(), capsys)
    assert (
        line.removeprefix("python -m nn: error: ")
        .removeprefix("python -m nn train: error: ")
        .startswith(message)
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ConnectionError("no network"), "no network"),
        (PermissionError(13, "Permission denied", "x.csv"), "x.csv: Permission denied"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_fails_is_one_line(error, message, monkeypatch, capsys):
    def fail(options):
        raise error

    monkeypatch.setitem(COMMANDS, "info", fail)
    assert f"error: {message}; see" in refused(["info", "--load", "x"], capsys)


def test_what_others_have_to_deal_with_is_passed_on(monkeypatch, capsys):
    def fail(options):
        raise errors.pop()

    monkeypatch.setitem(COMMANDS, "info", fail)
    errors = [KeyboardInterrupt(), BrokenPipeError()]
    with pytest.raises(BrokenPipeError):
        main(["info", "--load", "x"])
    assert main(["info", "--load", "x"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("option", ["--save", "--plot", "--load", "--csv"])
@pytest.mark.parametrize("path", ["", "a\0b"])
def test_an_empty_path_is_refused_before_the_training(option, path, capsys):
    line = refused(["train", "--data", "xor", "--epochs", "1", option, path], capsys)
    assert f"argument {option}: must be the path of a file, got {path!r}" in line


def test_files_and_data_that_do_not_fit_each_other_are_refused(flowers, trained, tmp_path, capsys):
    plain, other = tmp_path / "plain.json", tmp_path / "other.csv"
    nn.save(nn.MLP(4, [3]), plain)
    other.write_text("a,species\n1,setosa\n")
    moons = str(tmp_path / "moons.json")
    main(["--data", "moons", "--epochs", "1", "--save", moons, "--json"])
    capsys.readouterr()
    cases = [
        (["predict", "--load", str(plain), "--data", "iris"], "says nothing about its data"),
        (["info", "--load", flowers], "is not JSON"),
        (["predict", "--load", trained, "--csv", str(other)], "has no column `sepal length`"),
        (
            ["predict", "--load", trained, "--data", "digits"],
            "was trained on flowers.csv, 4 inputs",
        ),
        (["predict", "--load", trained], "one of the arguments --csv --data --sample is required"),
        (["train", "--load", trained, "--data", "moons"], "was trained on flowers.csv, 4 inputs"),
        (["train", "--load", trained, "--hidden", "3"], "--hidden cannot be changed"),
        (["train", "--csv", flowers, "--target", "genus"], "has no column 'genus'"),
        (["predict", "--load", trained, "--data", "iris", "--missing", "x"], "--missing goes with"),
        (["predict", "--load", moons, "--csv", flowers], "moons, no table: use --data moons"),
        (
            ["predict", "--load", moons, "--data", "xor"],
            "tells apart `upper`, `lower`; xor has `eq",
        ),
        (["train", "--load", trained], "was trained on flowers.csv: name such a --csv FILE"),
        (
            ["train", "--load", trained, "--csv", flowers, "--test", "0.3"],
            "--test cannot be changed",
        ),
    ]
    for arguments, message in cases:
        assert message in refused(arguments, capsys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(columns=["a"]), "4 inputs, of which [1, 4, 4] are described"),
        (lambda r: r.update(classes=["a"]), "1 classes are no classification"),
        (lambda r: r.update(classes=["a", "b"]), "2 classes, and the network has 3 outputs"),
        (lambda r: r.update(classes=[1, 2, 3]), "1 should be text"),
        (lambda r: r.update(inputs=5, columns=[], features=None, scaling=None), "do not fit the n"),
        (
            lambda r: r.update(inputs=10**9, columns=[], features=None, scaling=None),
            "1000000000 in",
        ),
        (lambda r: r["scaling"].update(scale=[0, 1, 1, 1]), "scales above 0"),
        (
            lambda r: r["scaling"].update(center=[0]),
            "a scaling must have a finite center and scale",
        ),
        (lambda r: r["features"]["columns"][0].update(fill="x"), "'x' should be a finite number"),
        (lambda r: r["features"]["columns"][0].update(flag=True), "of which [4, 5, 4] are"),
        (lambda r: r["features"]["reading"].update(decimal="x"), "`decimal` must be a point or"),
        (lambda r: r["features"].update(names={}), "{} should be a list"),
        (lambda r: r.update(task="ranking"), "the task must be one of"),
        (lambda r: r.update(seed=-1), "`seed` must be a whole number of at least 0, got -1"),
        (lambda r: r.update(test_share=2), "`test_share` must be between 0 and 1"),
        (lambda r: r.update(seed=True), "True should be int"),
        (lambda r: r.pop("target"), "has no 'target'"),
        (lambda r: r.update(training=3), "3 should be an object"),
    ],
)
def test_a_record_that_was_tampered_with_is_refused(change, message, trained, capsys):
    document = json.loads(Path(trained).read_text())
    change(document["checkpoint"]["extra"]["record"])
    Path(trained).write_text(json.dumps(document))
    assert message in refused(["info", "--load", trained], capsys)


def test_info_reads_what_nn_save_wrote(tmp_path, capsys):
    nn.save(nn.MLP(4, [3]), tmp_path / "plain.json")
    assert main(["info", "--load", str(tmp_path / "plain.json")]) == 0
    assert "saved without a record" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["train", "predict", "info"])
def test_help_shows_examples(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert not stop.value.code
    assert f"examples:\n  python -m nn {command}" in capsys.readouterr().out


def test_help_lists_the_commands():
    done = run("--help")
    assert done.returncode == 0 and "examples: python -m nn --data moons" in done.stdout
    assert "{train,predict,info}" in done.stdout


WORDS = st.sampled_from(
    "--csv {csv} {model} {junk} --target y x --load --json --hidden 1 4 --lr 0.1 1e300 nan -1"
    " --epochs 0 --optimizer adam sgd --momentum --test 0.5 --validation --patience --task"
    " regression classification --drop --scale none minmax --shift --model cnn --dropout --data"
    " iris --missing --decimal , --encoding utf-16 --thousands --header"
    " --text {csv} --sample 3 --block-size ngram lstm gpt names"
    " --schedule one-cycle --weight-decay --batch-size --seed --activation tanh sine é".split()
)
WORDS |= st.sampled_from(["", "\x1b[2J", "\n", "\0"]) | st.text(max_size=3)
LINES = st.sampled_from(
    [
        "train --data xor --epochs 2",
        "train --csv {csv} --target y --epochs 2",
        "train --text {csv} --block-size 2 --epochs 2",
        "--epochs 2 --load {model} --csv {csv}",
        "predict --load {model} --csv {csv}",
        "predict --load {junk} --data iris",
        "info --load {junk}",
        "info",
    ]
)
CELLS = st.sampled_from(["1", "2.5", "-3", "a", "b", "", "nan", "1e308", "\x1b", '"', "0"])
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2).map(",".join), max_size=12)
FILES = st.binary(max_size=100) | ROWS.map(lambda rows: "\n".join(["x,y", *rows, ""]).encode())


@settings(
    max_examples=repeats(60),
    deadline=None,  # of a clock: the machine may be busy
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(command=LINES, words=st.lists(WORDS, max_size=4), content=FILES, junk=st.binary())
def test_whatever_arguments_and_files_hold_the_status_is_0_or_2(
    command, words, content, junk, trained, tmp_path, capsys
):
    files = {"csv": tmp_path / "fuzz.csv", "model": trained, "junk": tmp_path / "junk"}
    files["csv"].write_bytes(content)
    files["junk"].write_bytes(junk)
    named = {f"{{{name}}}": str(path) for name, path in files.items()}
    try:
        status = main([named.get(word, word) for word in [*command.split(), *words]])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert status in (0, 2) and "\x1b" not in captured.err
    assert status == 0 or captured.err.count("\n") == 1
