"""Every layer, activation and loss on its way to PyTorch, JAX and ONNX; weights as safetensors."""

import random

import numpy as np
import pytest
from sequences import HIDDEN, LAYERS, LENGTH, WIDTH, examples, flat, model_of
from ways import Jax, Torch, assert_close, by_hand, in_onnxruntime, onnxruntime, run_onnx

import autograd
import nn
from autograd import Value
from nn.files.architecture import CLASSES
from nn.layers.activations import ACTIVATIONS
from nn.losses.table import LOSSES


def rng():
    return random.Random(0)


def images():
    return nn.Sequential(
        nn.Reshape(2, 4, 3),
        nn.Conv2d(2, 3, (3, 2), (1, 1), 1, activation="relu", rng=rng()),
        nn.MaxPool2d(2, 1, (0, 1)),
        nn.Sequential(nn.Conv2d(3, 2, 2, rng=rng()), "sigmoid", nn.AvgPool2d(2, 1, 1)),
        nn.Flatten(),
        nn.Layer(30, 2, nonlin=False, rng=rng()),
    )


DENSE = {
    "Neuron": (lambda: nn.Neuron(3, activation="tanh", rng=rng()), (3,)),
    "Linear": (lambda: nn.Linear(3, 2, rng=rng()), (3,)),
    "Linear, no bias": (lambda: nn.Linear(3, 2, bias=False, rng=rng()), (3,)),
    "MLP": (lambda: nn.MLP(3, [4, 4, 2], rng=rng()), (3,)),
    "images": (images, (24,)),
    "Dropout, GELU, SiLU": (
        lambda: nn.Sequential(
            nn.Layer(3, 4, activation="gelu", rng=rng()),
            nn.Dropout(0.5),
            nn.GELU(),
            nn.MLP(4, [3, 3], rng=rng()),
            nn.SiLU(),
            nn.Elementwise("tanh"),
        ).eval(),
        (3,),
    ),
    "Perceptron": (lambda: nn.Perceptron(3).eval(), (3,)),
    "positions": (
        lambda: nn.Sequential(
            nn.PositionalEmbedding(4, 3, rng=rng()), nn.PositionalEncoding(3), nn.Flatten()
        ),
        (3, 3),
    ),
    **{
        f"activation {name}": (lambda name=name: nn.Layer(3, 4, activation=name, rng=rng()), (3,))
        for name in ACTIVATIONS
    },
}
MODELS = [*DENSE, *LAYERS]


def model_and_inputs(name):
    if name in LAYERS:
        return model_of(name), examples(name, n=4)
    make, shape = DENSE[name]
    model = make()
    biases = random.Random(7)
    for label, parameter in model.named_parameters():
        if label.endswith("bias"):
            parameter.data = biases.uniform(-1.0, 1.0)
    return model, np.random.default_rng(1).normal(size=(4, *shape))


def compiled(model, x):
    program = autograd.compile(lambda row: flat([model(row.tolist())]), batch=True)
    program(x)
    return program


@pytest.fixture(scope="module", params=[Torch, Jax])
def way(request):
    return request.param()


def test_all_layers_are_among_the_models():
    found = {type(m).__name__ for name in MODELS for m in model_and_inputs(name)[0].modules()}
    assert found >= set(CLASSES)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_and_its_derivatives(way, name):
    model, x = model_and_inputs(name)
    program = compiled(model, x)
    found = way.both(program, [p.data for p in program.parameters], x)
    assert_close(found, by_hand(lambda row: flat([model(row)]), program.parameters, x))


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_in_onnxruntime(name):
    onnxruntime()
    model, x = model_and_inputs(name)
    program, x = compiled(model, x), x.astype(np.float32).astype(float)
    expected = program(x)
    found = in_onnxruntime(program, x, dtype="float32")["output"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    if "gelu" in name.lower():
        with pytest.raises(Exception, match=r"NOT_IMPLEMENTED.* Erf"):
            in_onnxruntime(program, x)
    else:
        found = in_onnxruntime(program, x)["output"]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def targets_of(name):
    """Outputs, targets, and how the loss is called on a row of both."""
    generator = np.random.default_rng(3)
    outputs, numbers = generator.normal(size=(5, 3)), generator.normal(size=(5, 3))
    classes = np.array([[0.0], [2.0], [1.0], [2.0], [0.0]])
    shares = np.exp(numbers) / np.exp(numbers).sum(axis=1, keepdims=True)
    loss = LOSSES[name]
    if name in ("nll", "nll_loss", "cross_entropy"):
        into = list if name == "cross_entropy" else nn.log_softmax
        weights = [1.0, 2.0, 0.5]
        yield outputs, classes, lambda o, t: loss(into(o), t[0])
        yield outputs, classes, lambda o, t: loss(into(o), t[0], weight=weights)
        yield outputs, shares, lambda o, t: loss(into(o), list(t))
        if name == "cross_entropy":
            yield outputs, classes, lambda o, t: loss(o, t[0], label_smoothing=0.1)
    elif name == "binary_cross_entropy_with_logits":
        yield outputs, shares, loss
        yield outputs, shares, lambda o, t: loss(o, t, pos_weight=2.0)
    elif name in ("hinge_loss", "perceptron_loss"):
        yield outputs[:, :1], np.sign(numbers[:, :1]), loss
    else:
        yield outputs, numbers, loss


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_and_its_derivatives(way, name):
    for outputs, targets, function in targets_of(name):
        program = autograd.compile(lambda o, t, f=function: f(list(o), list(t)), batch=True)
        program(outputs, targets)
        value, _, slopes, _ = way.both(program, [], outputs, targets)
        expected, _, slopes_by_hand, _ = by_hand(function, [], outputs, targets)
        assert_close((value, slopes), (expected, slopes_by_hand))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_in_onnxruntime(name):
    onnxruntime()
    for outputs, targets, function in targets_of(name):
        program = autograd.compile(lambda o, t, f=function: f(list(o), list(t)), batch=True)
        expected = program(outputs, targets)
        found = in_onnxruntime(program, outputs, targets)["output"]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        found = in_onnxruntime(program, outputs, targets, dtype="float32")["output"]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_loss_trains_in_pytorch_as_here():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = nn.MLP(2, [4, 3], activation="tanh", rng=rng())
    x, y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12.0) % 3
    program = autograd.compile(lambda x, t: nn.cross_entropy(model(list(x)), t), batch=True)
    program(x, y)
    loss = program.to_torch()
    here = np.array([p.data for p in program.parameters])
    weights = torch.tensor(here, requires_grad=True)
    for _ in range(50):
        loss(torch.tensor(x), torch.tensor(y), parameters=weights).mean().backward()
        program.mean(x, y).backward()
        with torch.no_grad():
            weights -= 0.3 * weights.grad
            weights.grad = None
        for p in program.parameters:
            p.data -= 0.3 * p.grad
            p.grad = 0.0
    here = [p.data for p in program.parameters]
    np.testing.assert_allclose(weights.detach().numpy(), here, rtol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_models_as_onnx_files(name, tmp_path):
    onnxruntime()
    model, x = model_and_inputs(name)
    model.train()
    x, path = x.astype(np.float32).astype(float), tmp_path / "model.onnx"
    nn.to_onnx(model, path, x[0])
    assert all(module.training for module in model.modules())
    found = run_onnx(path, x)
    np.testing.assert_allclose(found["output"], nn.predict(model, x), rtol=1e-5, atol=1e-5)


def test_what_a_model_takes_is_known_or_asked_for(tmp_path):
    onnxruntime()
    path = tmp_path / "model.onnx"
    for make in (lambda: nn.MLP(3, [2]), images, lambda: nn.Sequential(nn.Linear(3, 2), "tanh")):
        model = make()
        nn.to_onnx(model, path, dtype="float64")
        x = np.random.default_rng(1).normal(size=(3, 24 if make is images else 3))
        found = run_onnx(path, x)["output"]
        np.testing.assert_allclose(found, nn.predict(model, x), rtol=1e-12, atol=1e-12)
    for model in (nn.Sequential(nn.Flatten(), nn.Linear(4, 1)), nn.LSTM(2, 3), nn.Sequential()):
        with pytest.raises(ValueError, match="pass an `example`, one input such as X"):
            nn.to_onnx(model, tmp_path / "none.onnx")
    with pytest.raises(TypeError, match=r"must be an nn\.Module"):
        nn.to_onnx(lambda x: x, tmp_path / "none.onnx")
    assert not (tmp_path / "none.onnx").exists()


def test_models_of_several_arguments_and_results(tmp_path):
    onnxruntime()
    path, generator = tmp_path / "model.onnx", np.random.default_rng(2)
    cell = nn.LSTMCell(WIDTH, HIDDEN, rng=rng())
    x, state = generator.normal(size=(3, WIDTH)), generator.normal(size=(3, 2, HIDDEN))
    nn.to_onnx(cell, path, (x[0], state[0]), dtype="float64")
    found = run_onnx(path, x, state)
    for i in range(3):
        expected = cell(x[i].tolist(), state[i].tolist())
        for name, numbers in zip(("output_0", "output_1"), expected, strict=True):
            np.testing.assert_allclose(found[name][i], [v.data for v in numbers], rtol=1e-12)
    lstm = nn.LSTM(WIDTH, HIDDEN, 2, rng=rng())
    x = generator.normal(size=(2, LENGTH, WIDTH))
    nn.to_onnx(lstm, path, x[0], dtype="float64")
    found = run_onnx(path, x)
    expected, (h, c) = lstm(x[1].tolist())
    shapes = {name: array.shape for name, array in found.items()}
    assert shapes == {
        "output_0": (2, LENGTH, HIDDEN),
        "output_1_0": (2, 2, HIDDEN),
        "output_1_1": (2, 2, HIDDEN),
    }
    for mine, theirs in zip(found.values(), (expected, h, c), strict=True):
        np.testing.assert_allclose(mine[1].ravel(), [v.data for v in flat(theirs)], rtol=1e-12)


class Tied(nn.Module):
    """A model of one's own: attributes, a list of layers, a shared table, a number."""

    def __init__(self):
        self.hidden = nn.MLP(3, [4, 3], rng=rng())
        self.blocks = [nn.Linear(3, 3, rng=rng()), nn.LayerNorm(3)]
        self.head = nn.Linear(3, 3, bias=False, rng=rng())
        self.scale = Value(0.5)
        self.shift = [Value(0.1), Value(0.2), Value(0.3)]
        self.size = 3


def tensors(path):
    return pytest.importorskip("safetensors.numpy", reason="not installed").load_file(path)


@pytest.mark.parametrize("name", [n for n in MODELS if "Perceptron" not in n])
def test_weights_go_to_pytorch_by_name_and_back(name, tmp_path):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model, _ = model_and_inputs(name)
    layer, path = getattr(model, "layer", model), tmp_path / "w.safetensors"
    nn.save_weights(layer, path)
    found = {name: torch.tensor(array) for name, array in tensors(path).items()}
    try:
        theirs = nn.to_torch(layer)
    except TypeError:
        assert "positions" in name or "sine" in name
    else:
        if len(theirs.state_dict()) and "." not in next(iter(found)):
            theirs = theirs[0] if isinstance(theirs, torch.nn.Sequential) else theirs
        theirs.load_state_dict(found)  # all names, all shapes
        for wanted, tensor in theirs.state_dict().items():
            assert torch.equal(tensor, found[wanted])
    state = layer.state_dict()
    for parameter in layer.parameters():
        parameter.data += 1.0
    assert nn.load_weights(layer, path) is layer
    assert layer.state_dict() == state


def test_weights_of_a_model_of_ones_own(tmp_path):
    path, model = tmp_path / "w.safetensors", Tied()
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    nn.save_weights(model, path, dtype="float32")
    assert {name: array.shape for name, array in tensors(path).items()} == {
        **{"hidden.0.weight": (4, 3), "hidden.0.bias": (4,)},
        **{"hidden.2.weight": (3, 4), "hidden.2.bias": (3,)},
        **{"blocks.0.weight": (3, 3), "blocks.0.bias": (3,)},
        **{"blocks.1.weight": (3,), "blocks.1.bias": (3,)},
        **{"head.weight": (3, 3), "scale": (), "shift": (3,)},
    }
    other = Tied().requires_grad_(False)
    for parameter in other.parameters():
        parameter.data = 9.0
    nn.load_weights(other, path)
    expected = {name: float(np.float32(x)) for name, x in model.state_dict().items()}
    assert other.state_dict() == expected


def test_a_file_that_does_not_fit_changes_nothing(tmp_path):
    library = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    model, path = nn.MLP(2, [3, 1], rng=rng()), tmp_path / "w.safetensors"
    nn.save_weights(model, path)
    good, state = library.load_file(path), model.state_dict()
    wrong = {
        "`0.bias` is missing in": {k: v for k, v in good.items() if k != "0.bias"},
        "`1.bias` is unexpected in": good | {"1.bias": np.zeros(3)},
        r"`0.weight` .* shape \(2, 3\), but the model has floats of shape \(3, 2\)": good
        | {"0.weight": np.zeros((2, 3))},
        "`2.bias` .* is int64": good | {"2.bias": np.zeros(1, dtype=int)},
    }
    for message, arrays in wrong.items():
        library.save_file(arrays, path)
        with pytest.raises(nn.LoadError, match=message):
            nn.load_weights(model, path)
    for content in (b"", b"{}", b"\xff" * 100, library.save(good)[:-1]):
        path.write_bytes(content)
        with pytest.raises(nn.LoadError, match=r"w.safetensors` cannot be read"):
            nn.load_weights(model, path)
    assert model.state_dict() == state
    with pytest.raises(FileNotFoundError):
        nn.load_weights(model, tmp_path / "none")
    with pytest.raises(ValueError, match="`dtype` must be float32 or float64, got 'half'"):
        nn.save_weights(model, path, dtype="half")


def test_parameters_outside_of_attributes_are_named(tmp_path):
    class Hidden(nn.Module):
        def __init__(self):
            self.weights = lambda: None
            self.weights.values = [Value(1.0)]

        def parameters(self):
            return self.weights.values

    with pytest.raises(ValueError, match=r"`0` of .* is in no tensor: keep it in an attr"):
        nn.save_weights(Hidden(), tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("call", "missing"),
    [
        (lambda program, path: program.to_torch(), "torch"),
        (lambda program, path: program.to_jax(), "jax"),
        (lambda program, path: program.to_onnx(path), "onnx"),
        (lambda program, path: nn.to_onnx(nn.MLP(2, [1]), path), "onnx"),
        (lambda program, path: nn.save_weights(nn.MLP(2, [1]), path), "safetensors"),
    ],
)
def test_what_is_not_installed_is_said(monkeypatch, tmp_path, call, missing):
    program, path = autograd.compile(lambda x: x * 2.0), tmp_path / "file"
    program(1.0)
    for name in ("torch", "jax", "onnx", "onnx.helper", "safetensors", "safetensors.numpy"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(ImportError, match=rf"is not installed: pip install .*{missing}"):
        call(program, path)
    assert not path.exists()
