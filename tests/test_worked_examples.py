"""The worked examples: numbers published or computed by hand, which the engine must reproduce."""

import math
from itertools import pairwise
from random import Random

import pytest

import nn
from autograd import Value, assert_gradients

# Example 2: a 2-2-2 sigmoid network, step by step (Mazur, 2015).
INPUTS, TARGETS, RATE = (0.05, 0.10), (0.01, 0.99), 0.5
WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
B1, B2 = 0.35, 0.60


def mazur(w):
    """Every quantity of the example by name, from weights w1..w8: Values or floats."""
    i1, i2 = INPUTS
    q = {}
    q["net_h1"] = w[0] * i1 + w[1] * i2 + B1
    q["net_h2"] = w[2] * i1 + w[3] * i2 + B1
    q["out_h1"], q["out_h2"] = q["net_h1"].sigmoid(), q["net_h2"].sigmoid()
    q["net_o1"] = w[4] * q["out_h1"] + w[5] * q["out_h2"] + B2
    q["net_o2"] = w[6] * q["out_h1"] + w[7] * q["out_h2"] + B2
    q["out_o1"], q["out_o2"] = q["net_o1"].sigmoid(), q["net_o2"].sigmoid()
    q["E_o1"] = 0.5 * (TARGETS[0] - q["out_o1"]) ** 2
    q["E_o2"] = 0.5 * (TARGETS[1] - q["out_o2"]) ** 2
    q["E_total"] = q["E_o1"] + q["E_o2"]
    return q


def mazur_by_hand(w):
    """(total error, outputs, gradient) in plain floats, by the formulas of the article."""

    def sigmoid(x):
        return 1 / (1 + math.exp(-x))

    i = INPUTS
    h = [sigmoid(w[2 * k] * i[0] + w[2 * k + 1] * i[1] + B1) for k in range(2)]
    o = [sigmoid(w[4 + 2 * k] * h[0] + w[5 + 2 * k] * h[1] + B2) for k in range(2)]
    delta_o = [(o[k] - TARGETS[k]) * o[k] * (1 - o[k]) for k in range(2)]
    delta_h = [
        h[k] * (1 - h[k]) * sum(delta_o[j] * w[4 + 2 * j + k] for j in range(2)) for k in range(2)
    ]
    gradient = [delta_h[k] * i[j] for k in range(2) for j in range(2)]
    gradient += [delta_o[k] * h[j] for k in range(2) for j in range(2)]
    error = sum(0.5 * (t - x) ** 2 for t, x in zip(TARGETS, o, strict=True))
    return error, o, gradient


def test_1_f_equals_x_plus_y_times_z():
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3, -12)
    assert q.partials == (1, 1) and f.partials == (-4, 3)
    assert (q.grad, z.grad, x.grad, y.grad) == (-4, 3, -4, -4)


def test_2_mazur_first_pass_as_published():
    w = [Value(x) for x in WEIGHTS]
    q = mazur(w)
    q["E_total"].backward()
    forward = {
        "net_h1": "0.3775",
        "out_h1": "0.593269992",
        "out_h2": "0.596884378",
        "net_o1": "1.105905967",
        "out_o1": "0.75136507",
        "out_o2": "0.772928465",
        "E_o1": "0.274811083",
        "E_o2": "0.023560026",
        "E_total": "0.298371109",
    }
    assert_gradients(q["E_total"], forward, names=q, of="data")
    backward = {
        "out_o1": "0.74136507",
        w[4]: "0.082167041",
        "net_o1": "0.138498562",
        "out_h1": "0.036350306",
        w[0]: "0.000438568",
    }
    assert_gradients(q["E_total"], backward, names=q)
    local = {("out_o1", "net_o1"): "0.186815602", ("out_h1", "net_h1"): "0.241300709"}
    assert_gradients(q["E_total"], local, names=q, of="partial")
    for name, published in (("E_o1", "0.055399425"), ("E_o2", "-0.019049119")):
        again = mazur([Value(x) for x in WEIGHTS])
        again[name].backward()
        # The last published digit of the second comes from rounded intermediate figures.
        assert again["out_h1"].grad == pytest.approx(float(published), abs=1.5e-9)


@pytest.mark.exhaustive
def test_2_mazur_updates_equal_plain_arithmetic_and_the_publication():
    w = [Value(x) for x in WEIGHTS]
    optimizer = nn.SGD(w, lr=RATE)
    plain = list(WEIGHTS)
    for step in range(1, 10_001):
        optimizer.zero_grad()
        total = mazur(w)["E_total"]
        total.backward()
        if step == 1:
            published = "0.149780716 0.19956143 0.24975114 0.29950229".split()
            published += "0.35891648 0.408666186 0.511301270 0.561370121".split()
            assert_gradients(total, {"w": published}, optimizer=optimizer)
        _, _, gradient = mazur_by_hand(plain)
        if step <= 100 or step % 100 == 0:  # whatever differs is carried to the end
            assert [x.grad for x in w] == pytest.approx(gradient, rel=1e-10, abs=1e-12)
        optimizer.step()
        plain = [x - RATE * g for x, g in zip(plain, gradient, strict=True)]
        if step == 1:
            error = mazur(w)["E_total"]
            assert error.data == pytest.approx(mazur_by_hand(plain)[0], rel=1e-12)
            assert_gradients(error, error="0.291027774", of="data")
            assert abs(error.data - 0.291027924) < 2e-7
    q = mazur(w)
    error, outputs, _ = mazur_by_hand(plain)
    assert [x.data for x in w] == pytest.approx(plain, rel=1e-12)
    assert q["E_total"].data == pytest.approx(error, rel=1e-12)
    assert [q["out_o1"].data, q["out_o2"].data] == pytest.approx(outputs, rel=1e-12)
    assert f"{q['E_total'].data:.6e}" == "3.510188e-05"
    assert abs(q["E_total"].data - 0.0000351085) < 1e-8
    assert_gradients(q["E_total"], {"out_o1": "0.015913620"}, names=q, of="data")
    assert_gradients(q["E_total"], {"out_o2": "0.984064274"}, names=q, of="data")
    assert abs(q["out_o1"].data - 0.015912196) < 2e-6
    assert abs(q["out_o2"].data - 0.984065734) < 2e-6


def one_weight(w):
    """Example 3: the squared error of output = w x on inputs 0, 1, 2, desired 0, 2, 4."""
    return sum((w * x - y) ** 2 for x, y in ((0, 0), (1, 2), (2, 4)))


def test_3_one_weight_tables():
    for weight, outputs, squared in (
        (3, [0, 3, 6], [0, 1, 4]),
        (4, [0, 4, 8], [0, 4, 16]),
        (2, [0, 2, 4], [0, 0, 0]),
    ):
        w = Value(weight)
        assert [(w * x).data for x in (0, 1, 2)] == outputs
        assert [((w * x - 2 * x) ** 2).data for x in (0, 1, 2)] == squared
        assert one_weight(w).data == sum(squared)


@pytest.mark.parametrize(("start", "sign"), [(3.0, 1), (1.0, -1)])
def test_3_gradient_descent_walks_to_2_and_the_sign_says_which_way(start, sign):
    w = Value(start)
    optimizer = nn.SGD([w], lr=0.02)
    errors = []
    for _ in range(100):
        optimizer.zero_grad()
        error = one_weight(w)
        error.backward()
        errors.append(error.data)
        assert math.copysign(1, w.grad) == sign or error.data < 1e-20
        optimizer.step()
    assert w.data == pytest.approx(2.0, abs=1e-8)
    assert all(later < earlier for earlier, later in pairwise(errors))


XOR = ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


@pytest.mark.parametrize("batch_size", [1, 2, 4])
@pytest.mark.exhaustive
def test_4_the_seven_steps_online_and_in_batches_by_one_loop(batch_size):
    X, y = XOR
    model = nn.MLP(2, [8, 1], activation="tanh", rng=Random(1))
    assert all(w.data != 0 for w in model.layers[0].neurons[0].weights)
    steps = []

    class Counting(nn.SGD):
        def step(self):
            steps.append(1)
            super().step()

    history = nn.fit(
        model,
        X,
        y,
        loss="mse_loss",
        optimizer=Counting(model.parameters(), lr=0.1),
        epochs=400,
        batch_size=batch_size,
        seed=0,
        progress=False,
    )
    assert len(steps) == 400 * (4 // batch_size)
    assert len(history.loss) == 400 and history.loss[-1] < 0.1 * history.loss[0]
    assert history.accuracy[-1] == 1.0


def test_4_one_step_by_hand_equals_one_step_of_fit():
    X, y = [[1.0, 2.0], [3.0, -1.0]], [1.0, -1.0]
    model, twin = (nn.MLP(2, [1], init="xavier", rng=Random(3)) for _ in range(2))
    total = sum((nn.mse_loss(twin(x), t) for x, t in zip(X, y, strict=True)), Value(0.0)) / 2
    total.backward()
    for p in twin.parameters():
        p.data -= 0.1 * p.grad
    nn.fit(
        model,
        X,
        y,
        loss=nn.mse_loss,
        optimizer=nn.SGD(model.parameters(), lr=0.1),
        epochs=1,
        batch_size=2,
        progress=False,
    )
    ours, hands = ([p.data for p in m.parameters()] for m in (model, twin))
    assert ours == pytest.approx(hands, rel=1e-15)


def test_5_the_batch_gradient_is_the_mean_of_the_examples_gradients():
    rng = Random(5)
    model = nn.MLP(3, [4, 2], activation="sigmoid", rng=rng)
    examples = [([rng.gauss(0, 1) for _ in range(3)], rng.randrange(2)) for _ in range(6)]

    def gradient(batch):
        model.zero_grad()
        losses = [nn.cross_entropy(model(x), t) for x, t in batch]
        (sum(losses, Value(0.0)) / len(losses)).backward()
        return [p.grad for p in model.parameters()]

    each = [gradient([example]) for example in examples]
    mean = [sum(column) / 6 for column in zip(*each, strict=True)]
    assert gradient(examples) == pytest.approx(mean, rel=1e-12, abs=1e-15)


def test_5_the_larger_component_moves_its_weight_in_proportion():
    a, b = Value(1.0), Value(1.0)
    optimizer = nn.SGD([a, b], lr=0.01)
    (3.2 * a + 0.1 * b).backward()
    optimizer.step()
    assert (1.0 - a.data) / (1.0 - b.data) == pytest.approx(32)


def test_6_error_signals_are_the_gradients_of_the_pre_activations():
    rng = Random(6)
    x, y = 0.7, -0.3
    w1 = [Value(rng.uniform(-1, 1)) for _ in range(2)]  # x to the two units i
    w2 = [[Value(rng.uniform(-1, 1)) for _ in range(3)] for _ in range(2)]  # i to k
    w3 = [Value(rng.uniform(-1, 1)) for _ in range(3)]  # k to the linear output
    s_i = [w * x for w in w1]
    z_i = [s.sigmoid() for s in s_i]
    s_k = [sum((w2[i][k] * z_i[i] for i in range(2)), Value(0.0)) for k in range(3)]
    z_k = [s.sigmoid() for s in s_k]
    output = sum((w * z for w, z in zip(w3, z_k, strict=True)), Value(0.0))
    nn.squared_error(output, y).backward()

    def slope(s):
        z = 1 / (1 + math.exp(-s.data))
        return z * (1 - z)

    delta_o = output.data - y
    delta_k = [slope(s_k[k]) * w3[k].data * delta_o for k in range(3)]
    delta_i = [slope(s_i[i]) * sum(w2[i][k].data * delta_k[k] for k in range(3)) for i in range(2)]
    assert output.grad == pytest.approx(delta_o, rel=1e-14)
    assert [s.grad for s in s_k] == pytest.approx(delta_k, rel=1e-13)
    assert [s.grad for s in s_i] == pytest.approx(delta_i, rel=1e-13)
    for k in range(3):
        assert w3[k].grad == pytest.approx(delta_o * z_k[k].data, rel=1e-13)
        for i in range(2):
            assert w2[i][k].grad == pytest.approx(delta_k[k] * z_i[i].data, rel=1e-13)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "sine"])
def test_9_backpropagation_through_a_network_agrees_with_differences(activation):
    rng = Random(9)
    model = nn.MLP(3, [5, 4, 2], activation=activation, init="xavier", rng=rng)
    x = [rng.gauss(0, 1) for _ in range(3)]
    model.zero_grad()
    nn.cross_entropy(model(x), 1).backward()
    for p in model.parameters():
        before, h = p.data, 1e-3

        def loss_at(data, p=p):
            p.data = data
            return nn.cross_entropy(model(x), 1).data

        near = loss_at(before + h) - loss_at(before - h)
        far = loss_at(before + 2 * h) - loss_at(before - 2 * h)
        p.data = before
        assert p.grad == pytest.approx((8 * near - far) / (12 * h), rel=1e-7, abs=1e-9)
