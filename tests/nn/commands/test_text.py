"""Text: characters as numbers, windows, names, files; models of characters on the command line."""

import contextlib
import io
import json
import math
import re

import numpy as np
import pytest

import nn
from nn.commands import characters, main
from nn.data import Text, load, read_text

POEM = "the rose is red\nthe violet is blue\nthe sugar is sweet\nand so are you\n" * 6


def test_characters_are_numbers_and_back():
    text = Text("a word", "banana")
    assert text.vocabulary == "abn"
    assert text.encode("nab") == [2, 0, 1] and text.decode([2, 0, 1]) == "nab"
    assert text.decode(np.array(text.encode(text.text))) == text.text
    with pytest.raises(ValueError, match=r"'x' is none of the 3 characters of a word: 'abn'"):
        text.encode("ax")
    for wrong in [3], [-1]:
        with pytest.raises(IndexError):
            text.decode(wrong)


def test_windows_and_the_characters_that_follow():
    text = Text("letters", "abcdef")
    X, y = text.windows(3)
    assert X.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert y.tolist() == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    assert text.windows(2, stride=2)[0].tolist() == [[0, 1], [2, 3]]
    with pytest.raises(ValueError, match="letters has 6 characters, too few for a window of 6"):
        text.windows(6)
    with pytest.raises(ValueError, match="`block_size` must be a whole number of at least 1"):
        text.windows(0)


@pytest.mark.parametrize(
    ("text", "problem"), [("", "nothing is empty"), ("aaa", "one character only, 'a'")]
)
def test_texts_that_nothing_can_be_learnt_from(text, problem):
    with pytest.raises(ValueError, match=problem):
        Text("nothing", text)


def test_the_names():
    names = load("names")
    assert len(names.lines) == len(set(names.lines)) == 5163
    assert names.vocabulary == "\nabcdefghijklmnopqrstuvwxyz" and names.text.endswith("\n")
    assert {"mary", "james", "emma", "olivia"} <= set(names.lines)
    assert names.lines != sorted(names.lines)


def test_text_files(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_bytes("\ufeffÄ rose\r\n".encode())
    assert read_text(path).text == "Ä rose\n"
    path.write_bytes("Ä rose".encode("latin-1"))
    with pytest.raises(ValueError, match="is no text in utf-8: byte 0 is 0xc4; name its encoding"):
        read_text(path)
    assert read_text(path, encoding="latin-1").text == "Ä rose"
    with pytest.raises(ValueError, match="unknown encoding 'klingon'"):
        read_text(path, encoding="klingon")
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "missing")


# On the command line.


@pytest.fixture
def poem(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text(POEM)
    return str(path)


SMALL = "--hidden 4 --block-size 3 --epochs 2 --sample 30".split()


def written(arguments, capsys):
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("model", characters.MODELS)
def test_models_of_characters_train_save_and_go_on(model, poem, tmp_path, capsys):
    path = str(tmp_path / "poet.json")
    first = written(["--text", poem, "--model", model, *SMALL, "--save", path], capsys)
    assert first["model"] == model and len(first["sample"]) == 30
    assert set(first["sample"]) <= set(POEM)
    assert first["history"]["loss"][1] < first["history"]["loss"][0]
    again = written(["--text", poem, "--load", path, "--epochs", "2", "--sample", "5"], capsys)
    assert again["history"]["loss"][0] < first["history"]["loss"][0]
    loaded, settings, training = characters.load(path)
    assert characters.sample(loaded, settings, 30, seed=0) == first["sample"]
    assert training["test_loss"] == first["test_loss"]
    assert main(["info", "--load", path]) == 0
    told = capsys.readouterr().out
    assert f"{model} of 4" in told and "test_loss" in told


def test_samples_are_printed_as_it_goes(poem, capsys):
    assert main(["--text", poem, *SMALL]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(poem) and "19 different ones" in told[0]
    epochs = [line for line in told if line.startswith("epoch ")]
    assert len(epochs) == 2 and all(len(line) > 60 for line in epochs)
    assert any(line.startswith("test loss ") for line in told)


def test_a_model_learns_what_follows(poem, capsys):
    found = written(["--text", poem, "--hidden", "16", "--epochs", "30", "--sample", "15"], capsys)
    assert found["test_loss"] < 0.5
    assert found["sample"].split()[0] in POEM.split()


def test_the_same_seed_writes_the_same(poem, capsys):
    pair = [written(["--text", poem, *SMALL, "--dropout", "0.2"], capsys) for _ in range(2)]
    assert pair[0] == pair[1]
    assert written(["--text", poem, *SMALL, "--seed", "1"], capsys)["sample"] != pair[0]["sample"]


def test_the_measure_is_the_mean_of_minus_log_p():
    text = Text("poem", POEM)
    settings = characters.Settings("lstm", text.vocabulary, 3, 4, 0.0, "the")
    model = settings.build(rng=0)
    X, y = characters.examples(text, settings)
    pairs = zip(X[:5].tolist(), y[:5].tolist(), strict=True)
    terms = [characters.surprise(model(x), t).data for x, t in pairs]
    found = characters.score(model, X[:5], y[:5], len(text.vocabulary))
    assert found == pytest.approx(np.mean(terms), rel=1e-12)
    even = Text("even", "abab")
    assert characters.frequencies(even, even) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        ("", b"", "poem.txt is empty"),
        ("", b"\xff\xfe\xff", "is no text in utf-8: byte 0 is 0xff; name its encoding"),
        ("", b"zzzz", "holds one character only, 'z'"),
        ("", b"abc", "too few for a window of 4"),
        ("", b"abcdefg", "too few to train and to test on windows of 4"),
        ("--model cnn", None, "--model cnn is for examples, a text takes ngram, lstm, gpt"),
        ("--hidden 3 3", None, "--hidden of a text is one number"),
        ("--scale none", None, "--scale does not go with a text"),
        ("--delimiter ;", None, "--delimiter does not go with a text"),
        ("--optimizer adam --momentum 0.5", None, "--momentum goes with sgd and rmsprop"),
        ("--encoding klingon", None, "unknown encoding 'klingon'"),
        ("--sample -1", None, "argument --sample: `sample` must be a whole number of at least 0"),
        ("--data names", None, "argument --data: not allowed with argument --text"),
        ("--load missing.json", None, "missing.json: No such file or directory"),
    ],
)
def test_what_is_refused(arguments, content, message, poem, capsys):
    if content is not None:
        with open(poem, "wb") as file:
            file.write(content)
    with pytest.raises(SystemExit) as stop:
        main(["--text", poem, *arguments.split()])
    told = capsys.readouterr()
    assert stop.value.code == 2 and message in told.err and told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--data moons --model gpt", "--model gpt goes with --text FILE or --data names"),
        ("--data moons --block-size 3", "--block-size goes with --text FILE or --data names"),
        ("--data names --encoding utf-8", "--encoding goes with --text FILE"),
        ("predict --load x --data names", "argument --data: invalid choice"),
    ],
)
def test_options_of_a_text_go_with_a_text(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments.split())
    assert message in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """The text of a model that was trained on the poem and saved."""
    folder = tmp_path_factory.mktemp("trained")
    poem, path = folder / "poem.txt", folder / "poet.json"
    poem.write_text(POEM)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["--text", str(poem), *SMALL, "--save", str(path)]) == 0
    return path.read_text()


@pytest.fixture
def poet(trained_once, tmp_path):
    """Its file, a fresh one for each test."""
    path = tmp_path / "poet.json"
    path.write_text(trained_once)
    return str(path)


def test_a_saved_model_writes(poet, tmp_path, capsys):
    known = written(["predict", "--load", poet, "--sample", "40"], capsys)["sample"]
    assert len(known) == 40
    assert main(["predict", "--load", poet, "--sample", "40"]) == 0
    assert capsys.readouterr().out == known + "\n"
    other = written(["predict", "--load", poet, "--sample", "40", "--seed", "1"], capsys)["sample"]
    assert other != known
    nn.save(nn.MLP(2, [2]), tmp_path / "plain.json")
    for arguments, problem in (
        (["--load", poet, "--sample", "3", "--delimiter", ";"], "--delimiter goes with --csv FILE"),
        (["--load", str(tmp_path / "plain.json"), "--sample", "3"], "plain.json: checkpoint"),
    ):
        with pytest.raises(SystemExit):
            main(["predict", *arguments])
        assert problem in capsys.readouterr().err


def test_a_loaded_model_keeps_its_shape_and_its_vocabulary(poem, poet, capsys):
    with pytest.raises(SystemExit):
        main(["--text", poem, "--load", poet, "--hidden", "5"])
    assert "--hidden cannot be changed in the model that --load reads" in capsys.readouterr().err
    with open(poem, "a") as file:
        file.write("!")
    with pytest.raises(SystemExit):
        main(["--text", poem, "--load", poet])
    told = capsys.readouterr().err
    assert "'!' is none of the 19 characters of the text that the model has learnt" in told


def test_networks_of_a_text_and_of_a_table_are_told_apart(poem, poet, tmp_path, capsys):
    table, moons = tmp_path / "table.csv", str(tmp_path / "moons.json")
    table.write_text("a,kind\n1,x\n2,y\n3,x\n4,y\n")
    assert main(["--data", "moons", "--epochs", "1", "--save", moons, "--json"]) == 0
    capsys.readouterr()
    for arguments, problem in (
        (["train", "--csv", str(table), "--load", poet], "poet.json: holds a model of a text: `tr"),
        (["predict", "--csv", str(table), "--load", poet], "holds a model of a text: `train --te"),
        (["predict", "--data", "moons", "--load", poet], "`predict --sample N` lets it write"),
        (["train", "--text", poem, "--load", moons], "holds a network for tables or images, and"),
        (["predict", "--sample", "3", "--load", moons], "moons.json: holds a network for tables"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert problem in capsys.readouterr().err


def test_what_is_told_of_a_saved_model_has_no_addresses(poet, capsys):
    assert main(["info", "--load", poet]) == 0
    told = capsys.readouterr().out
    assert " at 0x" not in told and re.search(r"^total +Ngram +\d+ parameters$", told, re.MULTILINE)
    assert re.search(r"^last +loss \d\.\d+, accuracy ", told, re.MULTILINE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "oracle"}, "`model` must be one of ngram, lstm, gpt"),
        ({"model": []}, "unhashable"),
        ({"width": 10**9}, "the architecture has more parameters"),
        ({"width": 0}, "`width` must be a whole number"),
        ({"block_size": 4}, "`start` must have 4 characters"),
        ({"start": "zz!"}, "is none of the 19 characters"),
        ({"vocabulary": "aab"}, "lists characters once, sorted"),
        ({"vocabulary": 7}, "`vocabulary` must be text, got 7"),
        ({"dropout": 2}, "`p` must be at least 0"),
        ({"dropout": None}, "`p` must be a real number"),
        ({"more": 1}, "more"),
    ],
)
def test_files_that_were_tampered_with(change, message, poet):
    with open(poet) as file:
        content = json.load(file)
    content["checkpoint"]["extra"]["text"] |= change
    with open(poet, "w") as file:
        json.dump(content, file)
    with pytest.raises(nn.LoadError, match=message):
        characters.load(poet)
