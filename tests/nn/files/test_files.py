"""save, load and checkpoints: exact to the bit, all or nothing, and safe on any file."""

import copy
import json
import math
import os
import random
import stat
import struct
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repeats import repeats

import nn
import nn.layers
from autograd import Value
from nn.files.architecture import CLASSES, MODULES, PADDING
from nn.files.checkpoint import LEVELS
from nn.files.strict_json import MAX_BYTES
from nn.layers.activations import ACTIVATIONS

IMAGE = [[[0.1 * (r - c) for c in range(4)] for r in range(4)]] * 2
VECTOR = [0.3, -0.7]
SEQUENCE = [[0.3, -0.7], [1.5, 0.2], [0.0, -1.0]]
LAYERS = [
    (nn.Neuron(2, activation="sigmoid"), VECTOR),
    (nn.Layer(2, 3, activation="softplus"), VECTOR),
    (nn.MLP(2, [3, 2, 1], activation="tanh", output="sigmoid"), VECTOR),
    (nn.MLP(2, [1]), VECTOR),
    (nn.Linear(2, 3), VECTOR),
    (nn.Linear(2, 3, bias=False), VECTOR),
    (nn.Perceptron(2), VECTOR),
    (nn.Conv2d(2, 3, 2, activation="relu"), IMAGE),
    (nn.Conv2d(2, 1, (2, 3), stride=(1, 2), padding=(0, 1)), IMAGE),
    (nn.MaxPool2d(2), IMAGE),
    (nn.AvgPool2d((2, 3), stride=1, padding=(1, 0)), IMAGE),
    (nn.Flatten(), IMAGE),
    (nn.Reshape(1, 2, 1), VECTOR),
    (nn.Elementwise("leaky_relu"), VECTOR),
    (nn.Dropout(0.25).eval(), VECTOR),
    (nn.Sequential(), VECTOR),
    (nn.Embedding(3, 2), [2, 0, 1]),
    (nn.PositionalEmbedding(3, 2), SEQUENCE),
    (nn.PositionalEncoding(2), SEQUENCE),
    (nn.RNNCell(2, 3, nonlinearity="relu"), VECTOR),
    (nn.GRUCell(2, 3, bias=False), VECTOR),
    (nn.LSTMCell(2, 3), VECTOR),
    (nn.RNN(2, 3, 2, "relu", dropout=0.25).eval(), SEQUENCE),
    (nn.GRU(2, 3, bias=False), SEQUENCE),
    (nn.LSTM(2, 3, 2), SEQUENCE),
    (nn.MultiHeadAttention(2, 2, 0.5).eval(), SEQUENCE),
    (nn.MultiHeadAttention(2, 1, bias=False), SEQUENCE),
    (nn.LayerNorm(2, 0.25), SEQUENCE),
    (nn.LayerNorm(2, bias=False), VECTOR),
    (nn.LayerNorm([2], elementwise_affine=False), VECTOR),
    (nn.RMSNorm(2, 0.25), SEQUENCE),
    (nn.RMSNorm(2, elementwise_affine=False), VECTOR),
    (nn.GELU(), VECTOR),
    (nn.SiLU(), SEQUENCE),
    (
        nn.Sequential(nn.Conv2d(2, 2, 2), "relu", nn.Sequential(nn.Flatten()), nn.Layer(18, 2)),
        IMAGE,
    ),
    *((nn.Neuron(2, activation=name), VECTOR) for name in ACTIVATIONS),
]


class Own(nn.Module):
    """A model of the user's own, without an architecture."""

    def __init__(self, n=3):
        self.w = [Value(float(i)) for i in range(n)]
        self.named = {"scale": Value(0.5), "é.0": Value(-1.0)}

    def forward(self, x):
        return sum(w * x[0] for w in self.w) * self.named["scale"]


def bits(model):
    return {name: struct.pack("<d", p.data) for name, p in model.named_parameters()}


def numbers(output):
    return (
        [numbers(o) for o in output]
        if isinstance(output, list | tuple)
        else getattr(output, "data", output)
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.json"


# What is saved comes back.


@pytest.mark.parametrize(("model", "x"), LAYERS, ids=repr)
def test_every_layer_comes_back_to_the_bit(path, model, x):
    nn.save(model, path)
    loaded = nn.load(path)
    assert type(loaded) is type(model)
    assert repr(loaded) == repr(model)
    assert bits(loaded) == bits(model)
    assert list(bits(loaded)) == list(bits(model))
    inputs = [x] * (3 if isinstance(model, nn.MultiHeadAttention) else 1)
    assert numbers(loaded(*inputs)) == numbers(model(*inputs))
    assert loaded.architecture() == model.architecture()


def test_every_layer_can_be_named_by_a_file_and_knows_its_size():
    assert set(CLASSES.values()) == {type(model) for model, _ in LAYERS}
    for model, _ in LAYERS:
        assert model.size() == len(model.parameters())


SPECIAL = [math.inf, -math.inf, math.nan, -0.0, 0.0, 5e-324, -2.2e-308, 1.7976931348623157e308, 0.1]


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.Embedding(3, 2), "num_embeddings"),
        (nn.PositionalEmbedding(3, 2), "embedding_dim"),
        (nn.LSTM(2, 3), "num_layers"),
        (nn.GRU(2, 3), "hidden_size"),
        (nn.RNNCell(2, 3), "input_size"),
        (nn.MultiHeadAttention(2, 1), "embed_dim"),
        (nn.LayerNorm(2), "normalized_shape"),
        (nn.RMSNorm(2), "normalized_shape"),
    ],
    ids=repr,
)
def test_no_more_weights_are_made_than_a_file_holds(path, layer, name):
    nn.save(layer, path)
    content = json.loads(path.read_text("utf-8"))
    content["architecture"][name] = 10**9
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(nn.LoadError, match="the architecture has more parameters"):
        nn.load(path)


@given(st.lists(st.floats() | st.sampled_from(SPECIAL), min_size=9, max_size=9))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_any_float_comes_back_to_the_bit(path, data):
    model = nn.MLP(2, [2, 1])
    for p, x in zip(model.parameters(), data, strict=True):
        p.data = math.nan if math.isnan(x) else x  # the payload of a NaN is not kept
    nn.save(model, path)
    assert bits(nn.load(path)) == bits(model)
    json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)  # JSON for anybody


def test_the_mode_comes_back(path):
    nn.save(nn.Perceptron(2).eval(), path)
    assert nn.load(path)(VECTOR).data in (-1.0, 1.0)


def test_a_model_of_ones_own_is_saved_as_weights(path):
    with pytest.raises(TypeError, match=r"weights_only=True.*nn.load\(path, into=model\)"):
        nn.save(Own(), path)
    assert not path.exists()
    model, other = Own(), Own()
    model.w[1].data = -0.0
    nn.save(model, path, weights_only=True)
    assert nn.load(path, into=other) is other
    assert bits(other) == bits(model) != bits(Own())
    with pytest.raises(nn.LoadError, match=r"without an architecture.*into=model"):
        nn.load(path)


def test_a_saved_network_loads_into_one_of_the_same_names(path):
    model = nn.MLP(2, [3, 1], rng=random.Random(1))
    nn.save(model, path)
    other = nn.load(path, into=nn.MLP(2, [3, 1], activation="tanh", rng=random.Random(2)))
    assert bits(other) == bits(model)
    before = bits(other := nn.MLP(2, [4, 1]))
    with pytest.raises(nn.LoadError, match=r"13 numbers, but MLP\(2, \[4, 1\].*17 parameters"):
        nn.load(path, into=other)
    assert bits(other) == before


class Doubled(nn.MLP):
    def forward(self, x):
        return 2 * super().forward(x)


def tied():
    model = nn.MLP(2, [2, 2, 1])
    model.layers[1] = model.layers[0]
    return model


@pytest.mark.parametrize(
    ("model", "error"),
    [
        (nn.MLP(2, [2, 1], activation=lambda v: v * v), TypeError),
        (nn.Sequential(nn.Flatten(), Own()), TypeError),
        (Doubled(2, [1]), ValueError),
        (nn.Sequential(nn.Layer(1, 1), Doubled(1, [1])), ValueError),
        (tied(), ValueError),
        (nn.Sequential(*[nn.Layer(2, 2)] * 2), ValueError),
        ("model.json", TypeError),
    ],
    ids=[
        "function",
        "own",
        "subclass",
        "subclass inside",
        "shared weights",
        "shared layer",
        "no model",
    ],
)
def test_what_could_not_be_built_again_is_not_saved(path, model, error):
    with pytest.raises(error, match=r"weights_only=True|must be an nn.Module"):
        nn.save(model, path)
    assert not path.exists()


def test_24_000_parameters(path):
    model = nn.MLP(784, [30, 10])
    nn.save(model, path)
    assert bits(nn.load(path)) == bits(model)
    assert path.stat().st_size < 24 * len(model.parameters())


# A file is replaced as a whole.


@pytest.mark.parametrize("broken", ["replace", "fsync", "write"])
def test_a_save_that_fails_leaves_the_old_file_and_no_other(path, monkeypatch, broken):
    nn.save(nn.MLP(2, [1]), path)
    old = path.read_bytes()

    def fail(*_):
        raise OSError("the disk is full")

    if broken == "write":
        monkeypatch.setattr("builtins.open", lambda name, mode: HalfWritten(name, mode))
    else:
        monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="the disk is full"):
        nn.save(nn.MLP(2, [2, 1]), path)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert os.listdir(path.parent) == [path.name]


class HalfWritten:
    """A file on a disk that fills up halfway."""

    def __init__(self, name, mode):
        self.file = os.fdopen(
            os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY), mode[:1] and "wb"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        raise OSError("the disk is full")


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_permissions_links_and_devices(path, tmp_path):
    nn.save(nn.MLP(2, [1]), path)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    nn.save(nn.MLP(2, [2, 1]), link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(nn.load(path).parameters()) == 9
    with pytest.raises(OSError, match="no ordinary file"):
        nn.save(nn.MLP(2, [1]), os.devnull)
    with pytest.raises(IsADirectoryError) as caught:
        nn.save(nn.MLP(2, [1]), tmp_path)
    assert caught.value.filename == str(tmp_path)
    assert len(os.listdir(tmp_path)) == 2
    os.mkfifo(tmp_path / "pipe")
    for use in (nn.load, lambda pipe: nn.save(nn.MLP(2, [1]), pipe)):
        with pytest.raises(OSError, match=r"pipe` is no ordinary file"):
            use(tmp_path / "pipe")


def test_a_missing_file_or_directory_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none.json")
    with pytest.raises(FileNotFoundError) as caught:
        nn.save(nn.MLP(2, [1]), tmp_path / "none" / "model.json")
    assert caught.value.filename == str(tmp_path / "none" / "model.json")
    assert "model.json" in str(caught.value) and ".tmp" not in str(caught.value)
    with pytest.raises(OSError):
        nn.load(tmp_path)


# A file that is wrong is refused, and the message says where.


def valid():
    model = nn.Sequential(nn.Layer(2, 2), nn.Dropout(0.5), nn.MLP(2, [1]))
    return {
        "format": "seegrad model",
        "version": 1,
        "architecture": model.architecture(),
        "training": True,
        "weights": {
            "layers.0.neurons.0.weights": [0.5, "-inf"],
            "layers.0.neurons.0.bias": 0.0,
            "layers.0.neurons.1.weights": [1, -0.25],
            "layers.0.neurons.1.bias": 0.0,
            "layers.2.layers.0.neurons.0.weights": [2.0, "nan"],
            "layers.2.layers.0.neurons.0.bias": 0.0,
        },
        "checkpoint": None,
    }


TEXT = json.dumps(valid())
PARTS = "architecture.modules"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"p": 0.5', '"p": "x"', rf"{PARTS}\[1\]: `p` must be a real number.*'x'"),
        ('"p": 0.5', '"p": 1', rf"{PARTS}\[1\]: `p` must be at least 0 and below 1, got 1"),
        ('"modules": [', '"modules": 3, "parts": [', "architecture: has an unknown key"),
        ('"nouts": [1]', '"nouts": 3', rf"{PARTS}\[2\]: `nouts` must list the width"),
        (json.dumps(valid()["architecture"]["modules"]), "3", f"{PARTS}: must be a list, got 3"),
        ('"p": 0.5', '"q": 0.5', rf"{PARTS}\[1\]: has no `p`"),
        ('"p": 0.5', '"p": 0.5, "q": 1', rf'{PARTS}\[1\]: has an unknown key "q"'),
        ('"Dropout"', '"os.system"', rf'{PARTS}\[1\].class: must be one of .*"Neuron"'),
        ('"Dropout"', "7", rf"{PARTS}\[1\].class: must be one of"),
        ('"nin": 2, "nout":', '"nin": true, "nout":', rf"{PARTS}\[0\]: `nin` must .*got True"),
        ('"nin": 2, "nout":', '"nin": 2.0, "nout":', rf"{PARTS}\[0\]: `nin` must .*got 2.0"),
        (
            '"nin": 2, "nout":',
            '"nin": 0, "nout":',
            rf"{PARTS}\[0\]: `nin` must .*at least 1, got 0",
        ),
        ('"nouts": [1]', '"nouts": []', rf"{PARTS}\[2\]: `nouts` must list the width"),
        ('"nouts": [1]', '"nouts": [1, null]', rf"{PARTS}\[2\]: `a size of the MLP` .*got None"),
        ('"relu"', '"__import__"', rf"{PARTS}\[0\]: unknown activation '__import__'"),
        ('"nout": 2', '"nout": 1000000000000', "are 9 numbers, but the architecture has more"),
        ('"nin": 2, "nout":', f'"nin": {10**400}, "nout":', "but the architecture has more"),
        ('"nin": 2, "nout":', f'"nin": {"[" * 900 + "]" * 900}, "nout":', rf"{PARTS}\[0\]: "),
        ('"p": 0.5', f'"p": {10**400}', rf"{PARTS}\[1\]: "),
        ("[0.5,", "[true,", r'weights."layers.0.neurons.0.weights"\[0\]: must be a number'),
        ("[0.5,", "[NaN,", 'NaN is not JSON; write "nan"'),
        ("[0.5,", "[1e999,", r'weights\D+0\D+0.weights"\[0\]: must be a number.*got Infinity'),
        ("[0.5,", f"[{10**400},", r'weights"\[0\]: must be a number'),
        ("[0.5,", '["0.5",', 'must be a number, "inf"'),
        ("[0.5,", "[", r"are 8 numbers, but Sequential\(.* has 9 parameters"),
        ("neurons.1.bias", "neurons.2.bias", "have no `layers.0.neurons.1.bias`"),
        ("neurons.1.bias", "neurons.0.bias", 'has the key "layers.0.neurons.0.bias" twice'),
        ("0.neurons.1.bias", "0.neurons.0.weights.0", "have no `layers.0.neurons.1.bias`"),
        ('"version": 1', '"version": 2', "version: is 2, and this release reads version 1"),
        ('"version": 1', '"version": true', "version: must be a whole number"),
        ('"version": 1', '"version": 0', "version: must be a whole number"),
        ('"seegrad model"', '"other"', "is no saved model"),
        ('"training": true', '"training": 1', "training: must be true or false, got 1"),
        ('"training": true, ', "", "has no `training`"),
        ('"training": true', '"training": true, "pickle": ""', 'unknown key "pickle"'),
        ('"weights": {', '"weights": [{', "is not JSON"),
        (TEXT, "[]", "must be an object, got a list of 0"),
        (TEXT, "", "is empty"),
        (TEXT, " \n", "is empty"),
        (TEXT, TEXT[:-1], "is not JSON, or is cut short.*line 1"),
        (TEXT, TEXT + "{}", "is not JSON.*Extra data"),
        (TEXT, "\ufeff" + TEXT, "BOM"),
        (TEXT, "9" * 10**6, "is not JSON.*4300 digits"),
        (TEXT, "0." + "9" * 10**6, "must be an object, got 1.0"),
        (TEXT, "[" * 100_000, "nested too deep"),
        (TEXT, '{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deep"),
    ],
)
def test_wrong_content_is_refused_and_the_place_named(path, old, new, message):
    assert TEXT.count(old)
    path.write_text(TEXT.replace(old, new, 1), "utf-8")
    start = time.process_time()
    with pytest.raises(nn.LoadError, match=message) as caught:
        nn.load(path)
    assert time.process_time() - start < 0.5
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 500 + len(str(path))


def test_the_file_that_the_others_spoil_is_right(path):
    path.write_text(TEXT, "utf-8")
    assert math.isnan(nn.load(path).state_dict()["layers.2.layers.0.neurons.0.weights.1"])


@pytest.mark.parametrize("content", [b"\x80\x04\x95pickle", b"\xff\xfe{\x00", b'{"a": "\xe9"}'])
def test_binary_files_are_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(nn.LoadError, match="no text in UTF-8"):
        nn.load(path)


def test_a_large_file_is_refused_unread(path):
    with open(path, "wb") as file:
        file.truncate(2**40)  # sparse: no such space is taken
    start = time.process_time()
    with pytest.raises(nn.LoadError, match=r"larger than .* `max_bytes`"):
        nn.load(path)
    assert time.process_time() - start < 1.0
    nn.save(nn.MLP(2, [1]), path)
    with pytest.raises(nn.LoadError, match="larger than 100 bytes"):
        nn.load(path, max_bytes=100)


def test_what_has_no_weights_is_bounded_too(path):
    def load(*modules):
        architecture = {"class": "Sequential", "modules": modules}
        path.write_text(json.dumps({**valid(), "architecture": architecture, "weights": {}}))
        return nn.load(path)

    def pool(padding):
        return {"class": "MaxPool2d", "kernel_size": 50_000, "stride": 1, "padding": padding}

    with pytest.raises(nn.LoadError, match=rf"modules\[0\]: pads images by more than {PADDING}"):
        load(pool(20_000))
    with pytest.raises(nn.LoadError, match=r"modules\[2\]: pads images"):
        load(pool(PADDING - 1), pool(1), pool(1))
    assert len(load(pool(PADDING - 1), pool([0, 1]))) == 2
    start = time.process_time()
    with pytest.raises(nn.LoadError, match=f"goes beyond {MODULES} modules"):
        load(*[{"class": "Dropout", "p": 0.5}] * 100_000)
    assert time.process_time() - start < 3.0
    nested = {"class": "Flatten"}
    for _ in range(60):
        nested = {"class": "Sequential", "modules": [nested]}
    with pytest.raises(nn.LoadError, match="nested 50 deep"):
        load(nested)


def test_a_network_of_a_million_weights_fits_into_a_file():
    longest = len(json.dumps([-1.2345678901234567e-100] * 2)) - len(json.dumps([-1.0]))
    assert 10**6 * longest < MAX_BYTES


def test_arguments_that_do_not_fit_each_other_are_a_load_error(path):
    pool = {"class": "MaxPool2d", "kernel_size": 2, "stride": 1, "padding": 5}
    path.write_text(json.dumps({**valid(), "architecture": pool, "weights": {}}))
    with pytest.raises(nn.LoadError, match="architecture: `padding` must be at most half"):
        nn.load(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def only_load_errors(path, content):
    """Load the content in three ways: only a LoadError may come out, and then nothing changes."""
    path.write_bytes(content)
    start = time.process_time()
    for way in ("new", "into", "checkpoint"):
        model, rng = nn.load(VALID), random.Random(0)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        before = (bits(model), optimizer.state_dict(), rng.getstate())
        try:
            if way == "checkpoint":
                nn.load_checkpoint(path, model, optimizer=optimizer, rng=rng)
            else:
                nn.load(path, into=model if way == "into" else None)
        except nn.LoadError as error:
            assert str(error).startswith(f"{path}: ")
            assert (bits(model), optimizer.state_dict(), rng.getstate()) == before
    assert time.process_time() - start < 1.0


VALID = ""


@pytest.fixture(scope="module", autouse=True)
def valid_file(tmp_path_factory):
    global VALID
    VALID = tmp_path_factory.mktemp("valid") / "model.json"
    VALID.write_text(TEXT)


FUZZ = settings(
    max_examples=repeats(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda x: json.dumps(x).encode()))
def test_fuzz_any_file(path, content):
    only_load_errors(path, content)


@FUZZ
@given(st.data())
def test_fuzz_a_valid_file_cut_or_with_a_byte_changed(path, data):
    content = bytearray(TEXT.encode())
    i = data.draw(st.integers(0, len(content) - 1))
    content[i : i + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    only_load_errors(path, bytes(content))


@pytest.fixture(scope="module")
def checkpoint(valid_file):
    path = VALID.with_name("checkpoint.json")
    model = nn.load(VALID)
    nn.save_checkpoint(
        model,
        path,
        optimizer=nn.SGD(model.parameters(), lr=0.1),
        rng=random.Random(1),
        epoch=3,
        best=math.inf,
    )
    return json.loads(path.read_text())


def places(x):
    """All (container, key) pairs inside `x`, but for the 625 words of a generator."""
    if isinstance(x, dict | list) and len(x) < 100:
        for key in x if isinstance(x, dict) else range(len(x)):
            yield x, key
            yield from places(x[key])


@FUZZ
@given(st.data())
def test_fuzz_a_checkpoint_with_values_deleted_replaced_and_doubled(path, checkpoint, data):
    document = copy.deepcopy(checkpoint)
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(document))
        if not found:
            break
        inside, key = data.draw(st.sampled_from(found))
        other, name = data.draw(st.sampled_from(found))
        change = data.draw(st.sampled_from(["delete", "replace", "move", "add"]))
        if change == "delete":
            del inside[key]
        elif change == "replace":
            inside[key] = data.draw(JSON | st.integers(-(2**70), 2**70))
        elif change == "move":
            inside[key] = copy.deepcopy(other[name])
        elif isinstance(inside, dict):
            inside[data.draw(st.text(max_size=5))] = inside[key]
        else:
            inside.append(inside[key])
    only_load_errors(path, json.dumps(document).encode())


# Checkpoints.


X = np.random.default_rng(0).normal(size=(12, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


class Run:
    """A training run with everything that has a state: momentum, schedule, shuffling, dropout."""

    def __init__(self):
        self.model = nn.Sequential(
            nn.Layer(2, 4, activation="tanh", rng=random.Random(1)),
            nn.Dropout(0.25, seed=2),
            nn.Layer(4, 2, activation="linear", rng=random.Random(3)),
        )
        self.optimizer = nn.SGD(self.model.parameters(), lr=0.2, momentum=0.9)
        self.schedule = Halving(self.optimizer)
        self.shuffler, self.noise = np.random.default_rng(4), random.Random(5)
        self.noise.gauss(0, 1)  # leaves a second number for the next call

    @property
    def parts(self):
        rng = [self.shuffler, self.noise]
        return {"optimizer": self.optimizer, "schedule": self.schedule, "rng": rng}

    def train(self, epochs, compiled):
        for _ in range(epochs):
            noisy = X + [[self.noise.gauss(0, 0.1) for _ in row] for row in X]
            nn.fit(
                self.model,
                noisy,
                Y,
                optimizer=self.optimizer,
                epochs=1,
                batch_size=4,
                seed=self.shuffler,
                progress=False,
                compiled=compiled,
            )
            self.schedule.step()
        return self

    def state(self):
        generators = (self.shuffler.bit_generator.state, self.noise.getstate())
        dropout = self.model[1].generator.bit_generator.state
        states = (self.optimizer.state_dict(), self.schedule.state_dict())
        return (bits(self.model), *states, generators, dropout)


class Halving:
    """The smallest schedule that has a state."""

    def __init__(self, optimizer):
        self.optimizer, self.steps = optimizer, 0

    def step(self):
        self.steps += 1
        self.optimizer.lr /= 2

    def state_dict(self):
        return {"steps": self.steps}

    def load_state_dict(self, state):
        if type(state["steps"]) is not int:
            raise ValueError("`steps` must be a whole number")
        self.steps = state["steps"]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_resumed_run_is_the_uninterrupted_one_to_the_bit(path, compiled):
    whole = Run().train(4, compiled)
    half = Run().train(2, compiled)
    nn.save_checkpoint(half.model, path, **half.parts, epoch=2, curve=[0.5, math.nan, -0.0])
    resumed = Run()
    extra = nn.load_checkpoint(path, resumed.model, **resumed.parts)
    assert repr(extra) == "{'epoch': 2, 'curve': [0.5, nan, -0.0]}"
    assert resumed.state() == half.state()
    assert resumed.train(2, compiled).state() == whole.state()
    assert resumed.state() != half.state()
    assert bits(nn.load(path)) == bits(half.model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["weights"].popitem(), "weights: are"),
        (lambda d: d["checkpoint"].update(schedule=None), "checkpoint.schedule: there is none"),
        (lambda d: d["checkpoint"]["schedule"].update(steps=0.5), "schedule: does not fit Halving"),
        (lambda d: d["checkpoint"]["schedule"].clear(), "schedule: does not fit Halving"),
        (lambda d: d["checkpoint"]["optimizer"].popitem(), "optimizer: does not fit SGD"),
        (lambda d: d["checkpoint"]["generators"].popitem(), "generators: are for"),
        (lambda d: generator(d, 0).update(inc=2), "inc: must be odd"),
        (lambda d: generator(d, 0).update(state=2**128), "state: must be a whole number"),
        (lambda d: generator(d, 0).update(uinteger=True), "uinteger: must be a whole number"),
        (lambda d: generator(d, 1)["words"].pop(), "words: state vector is the wrong size"),
        (lambda d: generator(d, 1)["words"].__setitem__(624, 625), "words: invalid state"),
        (lambda d: generator(d, 1)["words"].__setitem__(0, -1), r"words\[0\]: must be"),
        (lambda d: generator(d, 1).update(gauss="x"), "gauss: must be a number"),
        (lambda d: d["checkpoint"].update(extra=[]), "extra: must be an object"),
        (lambda d: d.update(checkpoint=None), "checkpoint: there is none"),
    ],
)
def test_a_checkpoint_is_taken_as_a_whole_or_not_at_all(path, change, message):
    half, other = Run().train(2, False), Run()
    nn.save_checkpoint(half.model, path, **half.parts)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    before = other.state()
    with pytest.raises(nn.LoadError, match=message):
        nn.load_checkpoint(path, other.model, **other.parts)
    assert other.state() == before


def generator(document, i):
    return document["checkpoint"]["generators"][f"rng[{i}]"]


def test_a_checkpoint_wants_all_its_parts_back(path):
    run = Run()
    nn.save_checkpoint(run.model, path, **run.parts)
    for part, message in [("optimizer", "pass `optimizer`"), ("rng", "generators: are for")]:
        parts = {name: value for name, value in run.parts.items() if name != part}
        with pytest.raises(nn.LoadError, match=message):
            nn.load_checkpoint(path, run.model, **parts)


def test_a_checkpoint_of_a_model_of_ones_own(path):
    model, other = Own(), Own()
    model.w[0].data = math.pi
    nn.save_checkpoint(model, path, note="ok")
    assert nn.load_checkpoint(path, other) == {"note": "ok"}
    assert bits(other) == bits(model)


@pytest.mark.parametrize(
    "extra",
    [np.ones(2), {1: 2}, {"float": 1}, object(), 1j, b"x", Value(1.0)],
    ids=lambda x: type(x).__name__,
)
def test_what_is_no_json_is_not_saved(path, extra):
    with pytest.raises(TypeError, match=r"extra\.mine\[0\] cannot be saved"):
        nn.save_checkpoint(Own(), path, mine=[extra])
    assert not path.exists()


def test_what_is_nested_too_deep_is_not_saved(path):
    deep = []
    for _ in range(LEVELS):
        deep = [deep]
    with pytest.raises(ValueError, match=f"nested more than {LEVELS}"):
        nn.save_checkpoint(Own(), path, mine=deep)
    assert not path.exists()
    nn.save_checkpoint(Own(), path, mine=deep[0][0], large=10**400)
    assert nn.load_checkpoint(path, Own()) == {"mine": deep[0][0], "large": 10**400}
    with pytest.raises(ValueError, match="4300 digits"):
        nn.save_checkpoint(Own(), path, mine=10**5000)
    document = json.loads(path.read_text())
    document["checkpoint"]["extra"] = {"mine": [deep]}
    path.write_text(json.dumps(document))
    with pytest.raises(nn.LoadError, match=f"extra: is nested more than {LEVELS}"):
        nn.load_checkpoint(path, Own())


@pytest.mark.parametrize(
    "rng",
    [random.SystemRandom(), np.random.Generator(np.random.MT19937(0)), 7],
    ids=lambda x: type(x).__name__,
)
def test_only_the_usual_generators_are_saved(path, rng):
    with pytest.raises(TypeError, match=r"must be a random.Random or np.random.default_rng"):
        nn.save_checkpoint(Own(), path, rng=[rng])
