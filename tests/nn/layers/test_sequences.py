"""Layers on sequences: what they compute, and that they train, save and refuse as all layers."""

import math
import random

import numpy as np
import pytest
from sequences import HIDDEN, LAYERS, LENGTH, TOKENS, WIDTH, examples, flat, model_of, rng

import autograd
import nn
from autograd import Value
from nn.losses import LOSSES


def data(x):
    return [data(v) for v in x] if isinstance(x, list | tuple) else x.data


def zeros(module, **values):
    """The module with all parameters 0, but for those whose names end as in `values`."""
    for name, p in module.named_parameters():
        p.data = values.get(name.replace(".", "_"), 0.0)
    return module


# What they compute.


def test_an_embedding_is_a_linear_layer_on_one_hot_vectors():
    table = nn.Embedding(4, 3, rng=rng())
    linear = nn.Linear(4, 3, bias=False)
    for i, neuron in enumerate(linear.neurons):
        for weight, row in zip(neuron.weights, table.weight, strict=True):
            weight.data = row[i].data
    for token in range(4):
        assert data(table(token)) == data(linear([float(i == token) for i in range(4)]))
    assert data(table([2, 0.0, np.int64(1)])) == [data(table(k)) for k in (2, 0, 1)]
    assert data(table([Value(2.0)])) == [data(table(2))]


def test_an_embedding_hands_gradients_to_the_rows_that_were_used():
    table = nn.Embedding(4, 2, rng=rng())
    sum(flat(table([1, 3, 1]))).backward()
    assert [[p.grad for p in row] for row in table.weight] == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_a_layer_is_its_cell_step_by_step():
    for layer, cell in (nn.RNN, nn.RNNCell), (nn.GRU, nn.GRUCell), (nn.LSTM, nn.LSTMCell):
        whole, step = layer(WIDTH, HIDDEN, rng=rng()), cell(WIDTH, HIDDEN, rng=rng())
        answers, last = whole(examples("RNN")[0])
        state = None
        for x, answer in zip(examples("RNN")[0].tolist(), answers, strict=True):
            state = step(x, state)
            assert data(answer) == data(state[0] if layer is nn.LSTM else state)
        assert data(last) == (
            [[part] for part in data(state)] if layer is nn.LSTM else [data(state)]
        )


def test_a_state_is_handed_on():
    whole, sequence = nn.LSTM(WIDTH, HIDDEN, 2, rng=rng()), examples("LSTM")[0].tolist()
    answers, last = whole(sequence)
    first, state = whole(sequence[:2])
    second, end = whole(sequence[2:], state)
    assert data(first + second) == data(answers) and data(end) == data(last)


def test_an_lstm_keeps_what_it_is_told_to_keep():
    # Forget gate open, input gate shut: the memory stays.
    cell = nn.LSTMCell(1, 1, rng=rng())
    zeros(cell, bias_ih_0=-50.0, bias_ih_1=50.0, bias_ih_3=50.0)
    h, c = cell([7.0], ([0.3], [0.8]))
    assert c[0].data == pytest.approx(0.8, abs=1e-15)
    assert h[0].data == pytest.approx(math.tanh(0.8), abs=1e-15)


def test_normalised_vectors():
    x = examples("LayerNorm")[0]
    found = np.array(data(nn.LayerNorm(WIDTH)(x)))
    np.testing.assert_allclose(found.mean(axis=1), 0.0, atol=1e-15)
    np.testing.assert_allclose((found**2).mean(axis=1), 1.0, rtol=1e-3)
    found = np.array(data(nn.RMSNorm(WIDTH)(x)))
    np.testing.assert_allclose((found**2).mean(axis=1), 1.0, rtol=1e-14)
    assert data(nn.RMSNorm(WIDTH)(x[0])) == found[0].tolist()
    assert data(nn.LayerNorm(3)([2.0, 2.0, 2.0])) == [0.0, 0.0, 0.0]


def test_causal_attention_takes_nothing_from_later_positions():
    layer = nn.MultiHeadAttention(4, 2, rng=rng())
    x = [[Value(v) for v in row] for row in examples("attention")[0].tolist()]
    answers, attention = layer(x, x, x, is_causal=True)
    answers[1][0].backward()
    assert [any(v.grad for v in row) for row in x] == [True, True, False]
    for i, row in enumerate(data(attention)):
        assert row[i + 1 :] == [0.0] * (LENGTH - i - 1) and sum(row) == pytest.approx(1.0)


def test_attention_between_two_sequences():
    layer = nn.MultiHeadAttention(4, 2, rng=rng())
    x = examples("attention")[0].tolist()
    answers, attention = layer(x[:1], x[1:], x[1:])
    assert layer(x[:1], x[1:], x[1:], need_weights=False)[1] is None
    assert (len(answers), len(attention), len(attention[0])) == (1, 1, 2)


def test_positions():
    x = [[0.0] * 4] * 3
    waves = data(nn.PositionalEncoding(4)(x))
    assert waves[0] == [0.0, 1.0, 0.0, 1.0]
    assert waves[2] == [math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)]
    learnt = nn.PositionalEmbedding(3, 4, rng=rng())
    assert data(learnt(x[:2])) == data(learnt.weight[:2])


def test_gelu_and_silu_are_layers():
    assert data(nn.GELU()([1.0])) == data(nn.Elementwise("gelu")([1.0]))
    assert data(nn.SiLU()([[1.0]])) == data(nn.Elementwise("silu")([[1.0]]))
    assert repr(nn.Sequential(nn.GELU(), nn.SiLU())) == "Sequential(GELU(), SiLU())"


# Gradients.


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_by_differences(name):
    model, x = model_of(name), examples(name)[0][:2].tolist()
    factors = [random.Random(i).uniform(-1.0, 1.0) for i in range(100)]

    def loss():
        return sum(f * o for f, o in zip(factors, model(x), strict=False))

    assert autograd.gradcheck(loss, model.parameters())
    if name != "Embedding":
        assert autograd.gradcheck(lambda x: sum(map(autograd.sin, model(x))), (x,))


@pytest.mark.parametrize("layer", [nn.PositionalEmbedding(4, 3, rng=rng()), nn.GELU(), nn.SiLU()])
def test_gradients_of_positions_and_activations(layer):
    x = examples("RNN")[0].tolist()
    assert autograd.gradcheck(lambda x: sum(v * v for v in flat(layer(x))), (x,))


# Training.


class Reader(nn.Module):
    """Tokens, read by a layer; the last answer decides."""

    def __init__(self, name, outputs, dropout=0.0):
        self.table = nn.Embedding(TOKENS, 4, rng=rng())
        self.places = nn.PositionalEmbedding(LENGTH, 4, rng=rng())
        if name == "attention":
            self.body = nn.MultiHeadAttention(4, 2, dropout, rng=rng())
        else:
            self.body = getattr(nn, name)(4, 4, 2, dropout=dropout, rng=rng())
        self.norm, self.head = nn.LayerNorm(4), nn.Linear(4, outputs, rng=rng())

    def forward(self, tokens):
        x = self.places(self.table(tokens))
        if isinstance(self.body, nn.MultiHeadAttention):
            answers, _ = self.body(x, x, x, is_causal=True)
        else:
            answers, _ = self.body(x)
        outputs = self.head(self.norm(answers[-1]))
        return outputs if len(outputs) > 1 else outputs[0]


READERS = ("RNN", "GRU", "LSTM", "attention")
X = examples("Embedding", n=12)
SUMS = X.sum(axis=1)


def train(model, y, loss, **options):
    settings = {"epochs": 3, "batch_size": 5, "seed": 0, "progress": False} | options
    optimizer = settings.pop("optimizer", None) or nn.SGD(model.parameters(), lr=0.1)
    history = nn.fit(model, X, y, loss=loss, optimizer=optimizer, **settings)
    return history.loss, list(model.state_dict().values())


def same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_compiled_and_eager(loss):
    several = loss in ("cross_entropy", "nll", "nll_loss")
    y = (SUMS % 3) if several else np.where(SUMS > 8, 1.0, -1.0)
    y = (y > 0) * 1.0 if loss.startswith("binary") else y
    pair = [
        train(Reader("GRU", 3 if several else 1), y, loss, compiled=compiled)
        for compiled in (True, False)
    ]
    same(*pair)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("name", READERS)
def test_compiled_and_eager_training_with_dropout(name, dropout):
    pair = [
        train(Reader(name, 3, dropout), SUMS % 3, "cross_entropy", compiled=compiled)
        for compiled in (True, False)
    ]
    same(*pair)
    without = train(Reader(name, 3), SUMS % 3, "cross_entropy")
    assert (pair[0][0] == without[0]) == (not dropout)


def test_a_reader_learns():
    model = Reader("LSTM", 2)
    y = (X[:, 0] > 2).astype(int)
    adam = nn.Adam(model.parameters(), lr=0.03)
    train(model, y, "cross_entropy", optimizer=adam, epochs=60)
    assert nn.accuracy(model, X, y) == 1.0


def test_training_resumes_to_the_same_bits(tmp_path):
    path = tmp_path / "reader.json"

    def start():
        model = Reader("LSTM", 3, dropout=0.3)
        return model, nn.Adam(model.parameters(), lr=0.01), np.random.default_rng(5)

    model, adam, seed = start()
    whole = train(model, SUMS % 3, "cross_entropy", optimizer=adam, seed=seed, epochs=6)
    model, adam, seed = start()
    train(model, SUMS % 3, "cross_entropy", optimizer=adam, seed=seed)
    nn.save_checkpoint(model, path, optimizer=adam, rng=seed)
    model, adam, seed = start()
    nn.load_checkpoint(path, model, optimizer=adam, rng=seed)
    half = train(model, SUMS % 3, "cross_entropy", optimizer=adam, seed=seed)
    assert half[1] == whole[1] and half[0] == whole[0][3:]


# Weight tying.


def test_tied_weights_count_once_and_train_together():
    table, head = nn.Embedding(5, 3, rng=rng()), nn.Linear(3, 5, bias=False)
    head.weight = table.weight

    class Tied(nn.Module):
        def __init__(self):
            self.table, self.head = table, head

        def forward(self, x):
            return self.head(self.table(x)[0])

    model = Tied()
    assert len(model.parameters()) == 15
    nn.fit(model, [[0.0], [1.0]], [1, 2], epochs=5, progress=False)
    assert head.weight[1][2] is table.weight[1][2] and head.neurons[1].weights is table.weight[1]
    with pytest.raises(ValueError, match=r"Linear\(.*\) is 5 x 3, got 4 rows of 3"):
        head.weight = table.weight[:4]
    with pytest.raises(TypeError, match=r"holds Values, got 0\.5"):
        head.weight = [[0.5] * 3] * 5


def test_penalties_leave_biases_free():
    layer = nn.LSTM(2, 3, rng=rng())
    weights = [p for row in layer.weight_ih_l0 + layer.weight_hh_l0 for p in row]
    for p in layer.bias_ih_l0 + layer.bias_hh_l0:
        p.data = 5.0
    assert nn.l2_penalty(layer, 0.1).data == nn.l2_penalty(weights, 0.1).data


# What is refused.


def test_tokens_that_are_none():
    table = nn.Embedding(5, 3)
    with pytest.raises(IndexError, match=r"Embedding\(5, 3\) takes tokens from 0 to 4, got 5"):
        table([0, 5])
    with pytest.raises(IndexError, match="got -1"):
        table(-1)
    with pytest.raises(ValueError, match=r"whole numbers, got 1\.5"):
        table(1.5)
    with pytest.raises(TypeError, match="`token` must be a real number"):
        table("a")
    model = nn.Sequential(nn.Embedding(3, 2, rng=rng()), nn.Flatten(), nn.Linear(4, 2))
    for wrong, problem in (7.0, "7"), (0.5, r"0\.5"):
        with pytest.raises((IndexError, ValueError), match=problem):
            nn.fit(model, [[0, 1], [2, wrong]], [0, 1], progress=False)
        nn.predict(model, [[0, 1]])
        with pytest.raises((IndexError, ValueError), match=problem):
            nn.predict(model, [[0, 1], [2, wrong]])


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: nn.LSTM(3, 4)([1.0, 2.0, 3.0]), "a list of one or more vectors of 3 numbers"),
        (lambda: nn.LSTM(3, 4)([]), "a list of one or more vectors of 3 numbers"),
        (lambda: nn.LSTM(3, 4)([[1.0] * 3, [1.0] * 2]), "3 numbers, got 2 at position 1"),
        (lambda: nn.LSTM(3, 4)([[1.0] * 3], [[0.0] * 4]), r"the state \(h, c\)"),
        (lambda: nn.LSTM(3, 4, 2)([[1.0] * 3], [[[0.0] * 4]] * 2), "h for each layer, got 1"),
        (lambda: nn.RNN(3, 4)([[1.0] * 3], [[0.0] * 3]), "a state h of 4 numbers, got 3"),
        (lambda: nn.GRUCell(3, 4)([1.0] * 2), "takes 3 inputs, got 2"),
        (lambda: nn.GRUCell(3, 4)([1.0] * 3, 1.0), r"a state h of 4 numbers, got 1\.0"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="sine"), '"tanh" or "relu", got \'sine\''),
        (lambda: nn.LSTM(3, 4, 2, dropout=1.0), "`p` must be at least 0 and below 1"),
        (lambda: nn.LSTM(0, 4), "`input_size` must be a whole number of at least 1"),
        (lambda: nn.LayerNorm(3)([1.0, 2.0]), "takes 3 inputs, got 2"),
        (lambda: nn.LayerNorm(3, -1.0), "`eps` must be at least 0"),
        (lambda: nn.PositionalEmbedding(2, 1)([[0.0]] * 3), "has 2 positions, got 3 vectors"),
        (lambda: nn.PositionalEncoding(2)([[0.0]]), "vectors of 2 numbers, got 1 at position 0"),
        (lambda: nn.MultiHeadAttention(4, 3), "`num_heads` must divide `embed_dim`"),
        (lambda: attention(2, 3, 2), "as many values as keys, got 2 queries, 3 keys and 2 values"),
        (lambda: attention(2, 3, 3, True), "keys and queries, got 2 queries, 3 keys and 3 values"),
    ],
)  # fmt: skip
def test_what_is_refused(call, problem):
    with pytest.raises((TypeError, ValueError), match=problem):
        call()


def attention(queries, keys, values, causal=False):
    vectors = [[[1.0] * 4] * n for n in (queries, keys, values)]
    return nn.MultiHeadAttention(4, 2)(*vectors, is_causal=causal)
