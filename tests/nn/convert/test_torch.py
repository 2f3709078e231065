"""To PyTorch and back: the same numbers, the same gradients, and what is refused."""

import functools
import random
import sys

import numpy as np
import pytest

import nn
from autograd import Value


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def rng(seed=0):
    return random.Random(seed)


def mlp(*widths, **options):
    model = nn.MLP(widths[0], widths[1:], rng=rng(), **options)
    biases = random.Random(7)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data = biases.uniform(-1.0, 1.0)
    return model


MODELS = {
    "one neuron": (lambda: mlp(3, 1, output="sigmoid"), (3,)),
    "relu": (lambda: mlp(4, 5, 6, 3), (4,)),
    "tanh": (lambda: mlp(4, 5, 1, activation="tanh", output="tanh"), (4,)),
    "leaky_relu": (lambda: mlp(4, 5, 2, activation="leaky_relu"), (4,)),
    "softplus": (lambda: mlp(4, 5, 2, activation="softplus", init="normal"), (4,)),
    "elu": (lambda: mlp(4, 5, 2, activation="elu"), (4,)),
    "gelu": (lambda: mlp(4, 5, 2, activation="gelu"), (4,)),
    "silu": (lambda: mlp(4, 5, 2, activation="silu"), (4,)),
    "linear without biases": (
        lambda: nn.Sequential(nn.Linear(4, 3, bias=False, rng=rng()), "tanh", nn.Linear(3, 2)),
        (4,),
    ),
    "layers": (
        lambda: nn.Sequential(
            nn.Layer(4, 3, activation="tanh", rng=rng()),
            nn.Layer(3, 3, activation="sigmoid", rng=rng()),
            "relu",
            nn.Dropout(0.5),
            nn.Neuron(3, rng=rng()),
        ).eval(),
        (4,),
    ),
    "convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, (3, 2), (1, 2), 1, activation="tanh", rng=rng()),
            nn.MaxPool2d(2, 1, (0, 1)),
            nn.Sequential(nn.Conv2d(3, 2, 2, rng=rng()), "sigmoid", nn.AvgPool2d(2, 1, 1)),
            nn.Flatten(),
            nn.Layer(32, 2, nonlin=False, rng=rng()),
        ),
        (2, 5, 5),
    ),
    "flat images": (
        lambda: nn.Sequential(
            nn.Reshape(1, 4, 4), nn.Conv2d(1, 2, 3, rng=rng()), nn.Flatten(), mlp(8, 3, 1)
        ),
        (16,),
    ),
}


def torchs_gradient(sequential):
    """All gradients in the order of our parameters: neuron by neuron, the bias last."""
    layers = [part for part in sequential.modules() if hasattr(part, "weight")]
    parts = [[t for t in (p.weight, p.bias) if t is not None] for p in layers]
    rows = [np.hstack([t.grad.numpy().reshape(len(t), -1) for t in tensors]) for tensors in parts]
    return np.concatenate([row.ravel() for row in rows])


def flat(output):
    return [output] if isinstance(output, Value) else list(output)


def assert_same(torch, ours, theirs, shape):
    """Both give the same outputs and the same gradients, with respect to weights and inputs."""
    batch = np.random.default_rng(1).normal(size=(6, *shape)) * 3.0
    tensor = torch.tensor(batch, requires_grad=True)
    theirs.zero_grad(), ours.zero_grad()
    expected = theirs(tensor)
    factors = torch.arange(1, expected.numel() + 1).double().sin().reshape(expected.shape)
    (expected * factors).sum().backward()
    inputs = np.vectorize(Value, otypes=[object])(batch)
    for example, row, wanted in zip(inputs, factors, expected, strict=True):
        outputs = flat(ours(example.tolist()))
        found = [output.data for output in outputs]
        np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=1e-12, atol=1e-12)
        sum(o * f for o, f in zip(outputs, row.tolist(), strict=True)).backward()
    gradient = np.array([p.grad for p in ours.parameters()])
    assert np.abs(gradient).max() > 0.1
    np.testing.assert_allclose(gradient, torchs_gradient(theirs), rtol=1e-12, atol=1e-12)
    slopes = np.vectorize(lambda v: v.grad)(inputs)
    np.testing.assert_allclose(slopes, tensor.grad.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_there_and_back_values_and_gradients_stay(torch, name):
    make, shape = MODELS[name]
    ours = make()
    theirs = nn.to_torch(ours)
    assert isinstance(theirs, torch.nn.Sequential)
    assert_same(torch, ours, theirs, shape)
    back = nn.from_torch(theirs)
    assert list(back.state_dict().values()) == list(ours.state_dict().values())
    assert type(back) is type(ours)
    assert_same(torch, back, theirs, shape)


def test_an_mlp_comes_back_as_it_was(torch):
    model = mlp(4, 5, 6, 3, activation="tanh", output="sigmoid")
    back = nn.from_torch(nn.to_torch(model))
    assert back.architecture() == model.architecture() and back.state_dict() == model.state_dict()
    image = nn.Sequential(nn.Reshape(1, 2, 2), nn.MaxPool2d(2), nn.Flatten())
    assert nn.from_torch(nn.to_torch(image)).architecture() == image.architecture()


def test_the_copies_are_independent_and_the_mode_is_kept(torch):
    model = nn.Sequential(nn.Layer(2, 2, rng=rng()), nn.Dropout(0.25))
    theirs = nn.to_torch(model.eval())
    assert not any(part.training for part in theirs.modules())
    assert all(part.training for part in nn.to_torch(model.train()).modules())
    back = nn.from_torch(theirs)
    assert not any(part.training for part in back.modules()) and back.layers[1].p == 0.25
    with torch.no_grad():
        theirs[0].weight.zero_()
    assert back.state_dict() == model.state_dict()


def test_a_module_of_float32_nested_and_with_identities(torch):
    torch.manual_seed(0)
    act = torch.nn.LeakyReLU()
    theirs = torch.nn.Sequential(
        torch.nn.Sequential(torch.nn.Linear(3, 4), act, torch.nn.Identity()),
        torch.nn.Linear(4, 4),
        act,
        torch.nn.Linear(4, 2),
    )
    ours = nn.from_torch(theirs)
    assert isinstance(ours, nn.MLP)
    assert ours.architecture() == nn.MLP(3, [4, 4, 2], activation="leaky_relu").architecture()
    assert_same(torch, ours, theirs.double(), (3,))
    assert isinstance(nn.from_torch(torch.nn.Linear(3, 4)), nn.MLP)


def test_layers_that_are_no_mlp_stay_a_sequential(torch):
    linear, tanh, relu = torch.nn.Linear, torch.nn.Tanh(), torch.nn.ReLU()
    mixed = torch.nn.Sequential(linear(2, 3), tanh, linear(3, 4), relu, linear(4, 1)).double()
    ours = nn.from_torch(mixed)
    assert isinstance(ours, nn.Sequential) and len(ours) == 3
    assert_same(torch, ours, mixed, (2,))
    misfit = nn.from_torch(torch.nn.Sequential(linear(2, 3), linear(4, 1)))
    assert isinstance(misfit, nn.Sequential)
    with pytest.raises(ValueError, match="takes 4 inputs, got 3"):
        misfit([1.0, 2.0])


def test_softplus_is_exact_beyond_pytorchs_default_threshold(torch):
    theirs = nn.to_torch(nn.Sequential("softplus"))
    x = 23.0
    assert theirs(torch.tensor([[x]]).double()).item() == pytest.approx(np.logaddexp(0, x), abs=0)
    ours = nn.from_torch(torch.nn.Sequential(torch.nn.Softplus()))
    assert ours([x]).data == pytest.approx(x, abs=2e-9)


class Doubled(nn.Layer):
    def forward(self, x):
        return [2.0 * y for y in super().forward(x)]


def shared():
    layer = nn.Layer(2, 2)
    return nn.Sequential(layer, layer)


def frozen_in_part():
    model = nn.MLP(2, [3, 1])
    model.layers[0].neurons[1].requires_grad_(False)
    return model


def test_what_is_frozen_is_frozen_on_the_other_side(torch):
    model = nn.MLP(2, [3, 1])
    model.layers[0].requires_grad_(False)
    theirs = nn.to_torch(model)
    assert [p.requires_grad for p in theirs.parameters()] == [False, False, True, True]
    back = nn.from_torch(theirs)
    assert set(nn.SGD(back.parameters(), 0.1).params) == set(back.layers[1].parameters())
    theirs[2].bias.requires_grad_(False)
    back = nn.from_torch(theirs)
    assert set(nn.SGD(back.parameters(), 0.1).params) == set(back.layers[1].neurons[0].weights)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.MLP(2, [3, 1], activation="sine"),
            TypeError,
            r"`model\.layers\.0`.*activation",
        ),
        (lambda: nn.Sequential(abs), TypeError, r"`model\.layers\.0`, Elementwise\('abs'\)"),
        (lambda: nn.Sequential("tanh", Doubled(2, 2)), TypeError, r"`model\.layers\.1`"),
        (lambda: nn.Perceptron(2), TypeError, r"`model`, Perceptron"),
        (shared, ValueError, "shared or detached"),
        (frozen_in_part, ValueError, r"`model.layers.0`, Layer.*frozen in part"),
    ],
)
def test_what_pytorch_does_not_have_is_named(torch, make, error, message):
    with pytest.raises(error, match=message):
        nn.to_torch(make())


def hooked(torch):
    part = torch.nn.Linear(2, 2)
    part.register_forward_hook(lambda module, inputs, output: 2.0 * output)
    return part


def whole_numbers(torch):
    part = torch.nn.Linear(2, 2)
    part.weight = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.int64), requires_grad=False)
    return part


def repeated(torch):
    part = torch.nn.Linear(2, 2)
    return torch.nn.Sequential(part, torch.nn.ReLU(), part)


def part(name, *args, **options):
    return lambda torch: torch.nn.Sequential(
        torch.nn.Tanh(), getattr(torch.nn, name)(*args, **options)
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (part("BatchNorm1d", 3), TypeError, r"`module\[1\]`, BatchNorm1d"),
        (part("LazyLinear", 3), TypeError, r"`module\[1\]`, LazyLinear"),
        (part("SELU"), TypeError, r"SELU.*only Linear, .* can"),
        (part("GELU", approximate="tanh"), ValueError, "`approximate` but 'none'"),
        (part("ELU", 0.5), ValueError, r"`alpha` but 1\.0"),
        (part("Conv2d", 2, 2, 2, bias=False), ValueError, r"`module\[1\]`, Conv2d.* biases"),
        (part("Conv2d", 2, 2, 2, dilation=2), ValueError, "`dilation` but 1"),
        (part("Conv2d", 2, 2, 2, groups=2), ValueError, "`groups` but 1"),
        (part("Conv2d", 2, 2, 3, padding="same"), ValueError, "in numbers"),
        (part("Conv2d", 2, 2, 3, padding=1, padding_mode="reflect"), ValueError, "padding_mode"),
        (part("MaxPool2d", 2, ceil_mode=True), ValueError, "`ceil_mode` but False"),
        (part("AvgPool2d", 2, count_include_pad=False), ValueError, "count_include_pad"),
        (part("Flatten", 2), ValueError, "`start_dim` but 1"),
        (part("Unflatten", 1, (2, 2)), ValueError, "channels x rows x columns"),
        (part("LeakyReLU", 0.2), ValueError, r"`negative_slope` but 0\.01"),
        (part("Softplus", 2.0), ValueError, "`beta`"),
        (part("Softplus", threshold=5), ValueError, "`threshold`"),
        (part("Dropout", 1.0), ValueError, r"`module\[1\]`, Dropout.*below 1"),
        (hooked, ValueError, "hooks"),
        (whole_numbers, TypeError, r"Linear.*weights are of type torch.int64"),
        (repeated, ValueError, r"`module\[2\]`.* shares"),
        (
            lambda torch: torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)),
            TypeError,
            "ParametrizedLinear",
        ),
        (lambda torch: [1.0], TypeError, r"must be a torch.nn.Module, got \[1\.0\]"),
    ],
)
def test_what_we_do_not_have_is_named(torch, make, error, message):
    with pytest.raises(error, match=message):
        nn.from_torch(make(torch))


@pytest.mark.parametrize("convert", [functools.partial(nn.to_torch, nn.Flatten()), nn.from_torch])
def test_without_pytorch_the_error_says_what_to_do(monkeypatch, convert):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="pip install torch"):
        convert(*() if isinstance(convert, functools.partial) else (None,))
