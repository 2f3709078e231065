"""Sequence layers beside PyTorch's: values, gradients, a hundred steps of training, both ways."""

import numpy as np
import pytest
from sequences import HIDDEN, LAYERS, LENGTH, WIDTH, Answers, Steps, examples, flat, model_of, rng

import nn

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def theirs_on(name, layer, x):
    """What PyTorch's layer answers for a batch, shape (n, numbers)."""
    wrap = LAYERS[name][0]
    if wrap is Steps:
        state, answers = None, []
        for t in range(LENGTH):
            state = layer(x[:, t], state)
            answers.append(state[0] if isinstance(state, tuple) else state)
        found = torch.stack(answers, dim=1)
    elif wrap is Answers:
        found = layer(x)[0]
    elif "attention" in name:
        ahead = torch.ones(LENGTH, LENGTH).triu(1).bool() if "causal" in name else None
        found = layer(x, x, x, attn_mask=ahead)[0]
    else:
        found = layer(x)
    return found.reshape(len(x), -1)


def batch(name):
    x = examples(name)
    return x, torch.tensor(x).long() if name == "Embedding" else torch.tensor(x)


def numbers(layer, field="data"):
    return np.array([getattr(p, field) for p in layer.parameters()])


def of_theirs(layer, gradients=False):
    tensors = [p.grad if gradients else p.detach() for p in layer.parameters()]
    return np.concatenate([t.numpy().ravel() for t in tensors])


def in_our_order(name, array):
    """PyTorch's numbers, in the order of ours: the biases of `out_proj` follow each its row."""
    if name != "attention":
        return array
    head, weight, bias = np.split(array, [60, 76])
    return np.concatenate([head, np.hstack([weight.reshape(4, 4), bias[:, None]]).ravel()])


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients(name):
    model, (x, tensor) = model_of(name), batch(name)
    theirs = nn.to_torch(model.layer)
    expected = theirs_on(name, theirs, tensor)
    factors = torch.arange(1, expected.numel() + 1).double().sin().reshape(expected.shape)
    (expected * factors).sum().backward()
    for row, wanted, weights in zip(x.tolist(), expected, factors.tolist(), strict=True):
        outputs = model(row)
        close([o.data for o in outputs], wanted.detach().numpy())
        sum(o * f for o, f in zip(outputs, weights, strict=True)).backward()
    close(numbers(model, "grad"), in_our_order(name, of_theirs(theirs, gradients=True)))
    assert np.abs(numbers(model, "grad")).max() > 0.1


@pytest.mark.parametrize("name", LAYERS)
def test_a_hundred_steps_of_training(name):
    model, (x, tensor) = model_of(name), batch(name)
    theirs = nn.to_torch(model.layer)
    outputs = len(model(x[0].tolist()))
    y = np.random.default_rng(2).normal(size=(len(x), outputs)) * 0.5
    sgd = nn.SGD(model.parameters(), lr=0.05, momentum=0.9)
    found = nn.fit(
        model, x, y, loss="mse_loss", optimizer=sgd, epochs=100, batch_size=len(x), shuffle=False,
        progress=False,
    )  # fmt: skip
    descent = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(100):
        loss = torch.nn.functional.mse_loss(theirs_on(name, theirs, tensor), torch.tensor(y))
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())
    close(found.loss, losses)
    close(numbers(model), in_our_order(name, of_theirs(theirs)))
    assert losses[-1] < 0.95 * losses[0]


@pytest.mark.parametrize("name", LAYERS)
def test_there_and_back(name):
    layer = model_of(name).layer
    back = nn.from_torch(nn.to_torch(layer))
    if isinstance(back, nn.Sequential):
        (back,) = back
    assert type(back) is type(layer) and back.architecture() == layer.architecture()
    assert back.state_dict() == layer.state_dict()


THEIRS = {
    "RNN": lambda: torch.nn.RNN(WIDTH, HIDDEN, 2, "relu", bias=False, batch_first=True),
    "GRU": lambda: torch.nn.GRU(WIDTH, HIDDEN, 2, dropout=0.25, batch_first=True).eval(),
    "LSTM": lambda: torch.nn.LSTM(WIDTH, HIDDEN, batch_first=True),
    "GRUCell": lambda: torch.nn.GRUCell(WIDTH, HIDDEN),
    "attention": lambda: torch.nn.MultiheadAttention(4, 2, batch_first=True),
    "RMSNorm": lambda: torch.nn.Sequential(torch.nn.RMSNorm(WIDTH)),
    "LayerNorm": lambda: torch.nn.Sequential(torch.nn.LayerNorm(WIDTH, bias=False)),
    "Embedding": lambda: torch.nn.Sequential(torch.nn.Embedding(5, 2)),
}


@pytest.mark.parametrize("name", THEIRS)
def test_layers_of_pytorchs_own_drawing(name):
    torch.manual_seed(0)
    theirs = THEIRS[name]().double()
    x, tensor = batch(name)
    ours = nn.from_torch(theirs)
    assert ours.training == theirs.training
    model = LAYERS[name][0](ours)
    for row, wanted in zip(x.tolist(), theirs_on(name, theirs, tensor), strict=True):
        close([o.data for o in model(row)], wanted.detach().numpy())


def test_a_state_goes_in_and_comes_out():
    ours = nn.LSTM(WIDTH, HIDDEN, 2, rng=rng())
    theirs = nn.to_torch(ours)
    x = examples("LSTM")[:1]
    start = np.random.default_rng(3).normal(size=(2, 2, HIDDEN))
    answers, last = ours(x[0].tolist(), tuple(start.tolist()))
    hx = tuple(torch.tensor(part)[:, None] for part in start)
    expected, end = theirs(torch.tensor(x), hx)
    close([v.data for v in flat(answers)], expected.detach().numpy().ravel())
    for part, wanted in zip(last, end, strict=True):
        close([v.data for v in flat(part)], wanted.detach().numpy().ravel())


def test_attention_says_what_counted_as_pytorchs_does():
    ours = nn.MultiHeadAttention(4, 2, rng=rng())
    theirs = nn.to_torch(ours)
    x = examples("attention")[:1]
    ahead = torch.ones(LENGTH, LENGTH).triu(1).bool()
    for causal, mask in (False, None), (True, ahead):
        _, counted = ours(*[x[0].tolist()] * 3, is_causal=causal)
        _, expected = theirs(*[torch.tensor(x)] * 3, attn_mask=mask)
        close([v.data for v in flat(counted)], expected.detach().numpy().ravel())


def test_float32_keeps_its_own_eps():
    theirs = torch.nn.RMSNorm(WIDTH)
    (back,) = nn.from_torch(theirs)
    assert back.eps == torch.finfo(torch.float32).eps


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: torch.nn.LSTM(2, 3, bidirectional=True), "no `bidirectional` but False"),
        (lambda: torch.nn.LSTM(2, 3, proj_size=1), "no `proj_size` but 0"),
        (lambda: torch.nn.Embedding(3, 2, padding_idx=0), "no `padding_idx` but None"),
        (lambda: torch.nn.LayerNorm((2, 3)), "`normalized_shape` must be a whole number"),
        (lambda: torch.nn.MultiheadAttention(4, 2, kdim=3), "no `_qkv_same_embed_dim` but True"),
        (lambda: torch.nn.MultiheadAttention(4, 2, add_bias_kv=True), "no `bias_k` but None"),
        (lambda: torch.nn.MultiheadAttention(4, 2, add_zero_attn=True), "no `add_zero_attn`"),
    ],
)
def test_settings_that_we_do_not_have(make, problem):
    with pytest.raises((TypeError, ValueError), match=problem):
        nn.from_torch(make())


def test_what_is_frozen_stays_frozen():
    layer = nn.GRU(2, 3, rng=rng()).requires_grad_(False)
    theirs = nn.to_torch(layer)
    assert not any(p.requires_grad for p in theirs.parameters())
    back = nn.from_torch(theirs)
    assert {p.primitive for p in back.parameters()} == {p.primitive for p in layer.parameters()}
    with pytest.raises(TypeError, match="has no counterpart"):
        nn.to_torch(nn.PositionalEncoding(4))
