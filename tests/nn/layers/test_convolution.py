"""Conv2d and pooling, against plain NumPy, against PyTorch where installed, and compiled."""

import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(2, 6, 5))
WINDOWS = [
    {"kernel_size": 3},
    {"kernel_size": 2, "stride": 1, "padding": 1},
    {"kernel_size": (3, 2), "stride": (2, 1)},
    {"kernel_size": [2, 4], "stride": 2, "padding": [0, 2]},
    {"kernel_size": 1, "stride": 1},
]


def pair(sizes):
    return tuple(sizes) if isinstance(sizes, tuple | list) else (sizes, sizes)


def windows(image, kernel_size, stride, padding, outside):
    """What the window sees, place by place: shape (rows, columns, channels, kernel, kernel)."""
    (height, width), (down, across) = pair(kernel_size), pair(stride)
    padded = np.pad(image, [(0, 0), *([p, p] for p in pair(padding))], constant_values=outside)
    rows = range(0, padded.shape[1] - height + 1, down)
    columns = range(0, padded.shape[2] - width + 1, across)
    return np.array([[padded[:, r : r + height, c : c + width] for c in columns] for r in rows])


def data(image):
    return np.array([[[v.data for v in row] for row in plane] for plane in image])


def weights(conv):
    """Weights, shape (out, in, kernel, kernel), and biases."""
    kernel = conv.window.kernel
    rows = [[w.data for w in f.weights] for f in conv.filters]
    return np.reshape(rows, (-1, conv.in_channels, *kernel)), [f.bias.data for f in conv.filters]


def convolution(**sizes):
    conv = nn.Conv2d(2, 3, **sizes, rng=random.Random(1))
    for i, f in enumerate(conv.filters):
        f.bias.data = 0.1 * i - 0.05
    return conv


@pytest.mark.parametrize("sizes", WINDOWS)
def test_a_convolution_is_a_sum_of_products_at_every_place(sizes):
    conv = convolution(**sizes)
    w, b = weights(conv)
    seen = windows(IMAGE, **{"stride": 1, "padding": 0, **sizes}, outside=0.0)
    expected = np.einsum("xycij,ocij->oxy", seen, w) + np.reshape(b, (3, 1, 1))
    assert data(conv(IMAGE)) == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("sizes", WINDOWS)
def test_pooling_takes_the_largest_or_the_mean_of_each_window(sizes):
    settings = {"stride": sizes["kernel_size"], "padding": 0, **sizes}
    largest = windows(IMAGE, **settings, outside=-np.inf).max(axis=(3, 4))
    mean = windows(IMAGE, **settings, outside=0.0).mean(axis=(3, 4))
    assert data(nn.MaxPool2d(**sizes)(IMAGE)) == pytest.approx(largest.transpose(2, 0, 1))
    assert data(nn.AvgPool2d(**sizes)(IMAGE)) == pytest.approx(mean.transpose(2, 0, 1), rel=1e-12)


@pytest.mark.parametrize("sizes", WINDOWS)
@pytest.mark.parametrize("kind", ["Conv2d", "MaxPool2d", "AvgPool2d"])
def test_values_and_gradients_are_those_of_pytorch(kind, sizes):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()}
    if kind == "Conv2d":
        here = convolution(**sizes)
        there = torch.nn.Conv2d(2, 3, **settings, dtype=torch.float64)
        w, b = weights(here)
        there.load_state_dict(
            {"weight": torch.tensor(w), "bias": torch.tensor(b, dtype=torch.float64)}
        )
    else:
        here, there = getattr(nn, kind)(**sizes), getattr(torch.nn, kind)(**settings)
    x = [[[Value(v) for v in row] for row in plane] for plane in IMAGE.tolist()]
    tensor = torch.tensor(IMAGE, requires_grad=True)
    out, expected = here(x), there(tensor[None])[0]
    assert data(out) == pytest.approx(expected.detach().numpy(), rel=1e-12, abs=1e-14)
    autograd.dot(nn.Flatten()(out), [np.sin(i) for i in range(expected.numel())]).backward()
    (expected.flatten() * torch.arange(expected.numel()).double().sin()).sum().backward()
    grads = np.array([[[v.grad for v in row] for row in plane] for plane in x])
    assert grads == pytest.approx(tensor.grad.numpy(), rel=1e-11, abs=1e-13)
    if kind == "Conv2d":
        found = [[w.grad for w in f.weights] for f in here.filters]
        assert np.reshape(found, w.shape) == pytest.approx(there.weight.grad.numpy(), rel=1e-11)
        assert [f.bias.grad for f in here.filters] == pytest.approx(there.bias.grad.tolist())


def small_network():
    rng = random.Random(0)
    return nn.Sequential(
        nn.Reshape(1, 6, 6),
        nn.Conv2d(1, 3, 3, padding=1, activation="tanh", rng=rng),
        nn.AvgPool2d(2),
        nn.Conv2d(3, 2, 2, rng=rng),
        "tanh",
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Layer(2, 3, nonlin=False, rng=rng),
    )


def test_gradients_agree_with_differences():
    model, x, eps = small_network(), RNG.normal(size=36), 1e-6
    nn.cross_entropy(model(x), 1).backward()
    for name, p in model.named_parameters():
        start, ends = p.data, []
        for p.data in (start + eps, start - eps):
            ends.append(nn.cross_entropy(model(x), 1).data)
        p.data = start
        assert p.grad == pytest.approx((ends[0] - ends[1]) / (2 * eps), rel=1e-6, abs=1e-9), name


def test_eager_and_compiled_training_reach_the_same_weights():
    X, y = RNG.normal(size=(10, 36)), RNG.integers(0, 3, 10)
    runs = []
    for compiled in (True, False):
        model = small_network()
        arguments = {"epochs": 3, "batch_size": 4, "seed": 0, "compiled": compiled}
        history = nn.fit(model, X, y, **arguments, progress=False)
        runs.append((model.state_dict(), history.loss, nn.predict(model, X)))
    (found, loss, outputs), (eager_weights, eager_loss, eager_outputs) = runs
    assert found == pytest.approx(eager_weights, rel=1e-10, abs=1e-14)
    assert loss == pytest.approx(eager_loss, rel=1e-11)
    assert outputs == pytest.approx(eager_outputs, rel=1e-10)
    assert found != small_network().state_dict()


def test_each_convolution_compiles_to_one_forward_product():
    rng = random.Random(0)
    model = nn.Sequential(
        nn.Reshape(1, 8, 8),
        nn.Conv2d(1, 8, 3, padding=1, activation="relu", rng=rng),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 4, 2, stride=1, rng=rng),
        nn.Flatten(),
    )
    X = RNG.normal(size=(7, 64))
    program = autograd.compile(model, batch=True)
    assert program(X) == pytest.approx(nn.predict(model, X), rel=1e-12, abs=1e-14)
    forward, _, _ = program.source.partition("def reverse")
    assert "def forward" in forward and forward.count("np.dot(") == 2


def test_filters_are_shared_and_named():
    conv = nn.Conv2d(2, 3, 2, rng=random.Random(0))
    names = list(conv.state_dict())
    assert names[:2] == ["filters.0.weights.0", "filters.0.weights.1"]
    assert len(names) == 3 * (2 * 2 * 2 + 1) and names[-1] == "filters.2.bias"
    assert "8 parameters" not in conv.summary() and "27 parameters" in conv.summary()


def test_equal_pixels_share_the_gradient_of_their_maximum():
    x = [[[Value(1.0), Value(1.0)], [Value(1.0), Value(1.0)]]]
    nn.MaxPool2d(2)(x)[0][0][0].backward()
    assert [v.grad for row in x[0] for v in row] == [0.25] * 4


def test_a_convolutional_network_can_be_drawn():
    model = nn.Sequential(nn.Conv2d(1, 2, 2, rng=random.Random(0)), nn.MaxPool2d(2), nn.Flatten())
    tree = nn.draw(model, RNG.normal(size=(1, 3, 3)).tolist()).tree
    assert "x[0][2][2]" in tree and tree.count("| maximum") == 6
    folded = nn.draw(
        nn.Sequential(nn.Reshape(1, 8, 8), nn.Conv2d(1, 8, 3), nn.Flatten()), [0.1] * 64
    )
    assert "Conv2d(1, 8, 3, activation='linear')" in folded.source and len(folded.source) < 10_000


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((1, 5, 5)), ValueError, r"Conv2d\(2, 3, 3.*takes 2 channels, got 1"),
        (np.zeros((2, 2, 5)), ValueError, "3 x 3, is larger than the image, 2 x 5"),
        ([[[1, 2], [3]], [[1, 2], [3, 4]]], ValueError, "got 2 rows of 1 or 2 pixels"),
        ([[[1, 2]], [[1, 2], [3, 4]]], ValueError, "got 1 or 2 rows of 2 pixels"),
        (np.zeros(50), TypeError, r"channels x rows x columns.*put Reshape\(channels, rows"),
        (np.zeros((5, 5)), TypeError, "takes an image as nested lists"),
        ([[["a"]], [["b"]]], TypeError, "`pixel` must be a real number, got the string 'a'"),
        (3.0, TypeError, "takes an image as nested lists"),
    ],
)
def test_images_that_do_not_fit_name_the_layer(image, error, message):
    with pytest.raises(error, match=message):
        convolution(kernel_size=3)(image)


def test_pooling_refuses_what_it_cannot_pool():
    with pytest.raises(ValueError, match=r"kernel of MaxPool2d\(3, padding=1\).*2 x 0, padded by"):
        nn.MaxPool2d(3, padding=1)([[[], []]])
    with pytest.raises(ValueError, match=r"AvgPool2d\(2\) takes some channels, got 0"):
        nn.AvgPool2d(2)([])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: nn.Conv2d(1, 1, 0), "`kernel_size` must be a whole number of at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "`stride` must be a whole number of at least 1"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "`padding` must be a whole number of at least 0"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "`kernel_size` must be a whole number or a pair"),
        (lambda: nn.Conv2d(1, 0, 3), "`out_channels` must be a whole number of at least 1"),
        (lambda: nn.MaxPool2d(2, stride=(1, 0)), "`stride` must be a whole number of at least 1"),
        (lambda: nn.AvgPool2d(3, padding=2), "`padding` must be at most half the kernel, 3, got 2"),
    ],
)
def test_sizes_that_are_none(build, message):
    with pytest.raises(ValueError, match=message):
        build()
