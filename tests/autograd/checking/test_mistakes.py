"""The catalogue of mistakes: every row has a sample worked out here, and whole networks are tried.

The numbers of the samples are formulas of plain floats; nothing here uses the catalogue to make the
mistakes that it has to find. `python benchmarks/mistakes.py 300` tries twenty times as many.
"""

from collections import Counter
from math import cos, exp, sin, tanh
from random import Random

import pytest
from hand_work import NETWORKS, sigmoid
from mistakes import by_hand, planted, right, strange
from random_programs import RandomProgram
from repeats import repeats

import autograd
import nn
from autograd import Value, check
from autograd.checking import passes
from autograd.checking.mistakes import MISTAKES
from autograd.engine.graph import pull_back
from autograd.engine.primitive import CONSTANT
from autograd.words.sweep import Sweep

A, B, C, T = 1.7, -0.6, 2.3, 0.4  # generic numbers


def slope(x):
    return sigmoid(x) * (1 - sigmoid(x))


# name: the expression of x, y, z, which of them is asked, and the number that the mistake gives
GRADIENTS = {
    "power not lowered": (lambda x, y, z: x**3 * z, "x", 3 * A**3 * C),
    "exponent's factor missing": (lambda x, y, z: x**3 * z, "x", A**2 * C),
    "rule of powers for exp": (lambda x, y, z: x.exp() * z, "x", A * exp(A - 1) * C),
    "quotient's sign": (lambda x, y, z: z / x * y, "x", C / A**2 * B),
    "quotient's square": (lambda x, y, z: z / x * y, "x", -C / A * B),
    "divisor for its inverse": (lambda x, y, z: x / z * y, "x", C * B),
    "relu' = 1": (lambda x, y, z: y.relu() * z, "y", C),
    "no square in 1 - tanh²": (lambda x, y, z: x.tanh() * z, "x", (1 - tanh(A)) * C),
    "1 - σ for σ'": (lambda x, y, z: x.sigmoid() * z, "x", (1 - sigmoid(A)) * C),
    "derivative of the other function": (
        lambda x, y, z: x.tanh() * z,
        "x",
        tanh(A) * (1 - tanh(A)) * C,
    ),
    "formula of the result at the input": (lambda x, y, z: x.sigmoid() * z, "x", A * (1 - A) * C),
    "derivative at the output": (lambda x, y, z: x.sigmoid() * z, "x", slope(sigmoid(A)) * C),
    "constant factor left out": (lambda x, y, z: 0.7 * x.sin() * z, "x", cos(A) * C),
    "constant factor twice": (lambda x, y, z: (x.sin() + z) / 3, "x", cos(A) / 9),
    "use not added": (lambda x, y, z: x * y + x.sin(), "x", B),
    "mean of uses": (lambda x, y, z: x * y + x.sin(), "x", (B + cos(A)) / 2),
    "product of uses": (lambda x, y, z: x * y + x.sin(), "x", B * cos(A)),
    "own factor": (lambda x, y, z: x * y * z, "x", A * C),
    "a neighbour's factor": (
        lambda x, y, z: (x * y + z * 0.9).sin(),
        "x",
        0.9 * cos(A * B + C * 0.9),
    ),
    "input for a bias": (lambda x, y, z: (x * y + z).sin(), "z", A * cos(A * B + C)),
    "sign": (lambda x, y, z: z - x.sin() * y, "x", cos(A) * B),
    "local derivative left out": (lambda x, y, z: x.sin() * z, "x", C),
    "f for f'": (lambda x, y, z: x.sin() * z, "x", sin(A) * C),
    "x for f'": (lambda x, y, z: x.sin() * z, "x", A * C),
    "derivative twice": (lambda x, y, z: x.sin() * z, "x", cos(A) ** 2 * C),
    "divided by f'": (lambda x, y, z: x.sin() * z, "x", C / cos(A)),
    "upstream left out": (lambda x, y, z: (x * y).sin() * z, "x", B),
    "sign of the whole": (lambda x, y, z: x.sin() + x * y, "x", -cos(A) - B),
    "bias taken for a constant": (lambda x, y, z: (x * y + z).sin(), "z", 0.0),
    "factor 2": (lambda x, y, z: x.sin() * z + x * y, "x", 2 * (cos(A) * C + B)),
    "factor ½": (lambda x, y, z: x.sin() * z + x * y + x**3, "x", (cos(A) * C + B + 3 * A**2) / 2),
    "another answer": (lambda x, y, z: x.sin() + y * z, "x", B),
    "number for gradient": (lambda x, y, z: x.sin() * z + z, "z", C),
    "learning rate inside": (lambda x, y, z: x.sin() * z, "x", 0.05 * cos(A) * C),
    "update for gradient": (lambda x, y, z: x.sin() * z, "x", A - 0.5 * cos(A) * C),
    "digits swapped": (lambda x, y, z: x * y * z, "x", -1.83),
    "decimal point": (lambda x, y, z: x * y * z, "x", -0.138),
    "rounding on the way": (lambda x, y, z: (x.sin() - 0.9) * z * x, "z", 0.15555),
}
# the number that the mistake gives for f, of x = A, y = B and z = C
VALUES = {
    "operation left out": (lambda x, y, z: x.sin() * z, A * C),
    "factor left out": (lambda x, y, z: 0.7 * x.sin(), sin(A)),
    "term left out": (lambda x, y, z: (x * y + z).sin(), sin(A * B)),
    "other operation": (lambda x, y, z: (x * y).sin() * z, sin(A + B) * C),
    "other function": (lambda x, y, z: x.tanh() * z, sigmoid(A) * C),
    "other weight": (lambda x, y, z: x * y + z * 0.9, A * 0.9 + C * 0.9),
    "sign of a value": (lambda x, y, z: (x - y) * z, (A + B) * C),
}
# after a step of gradient descent with the rate 0.1 on x * x: 1.7 - 0.34
STEPS = {
    "gradient added": 2.04,
    "learning rate left out": -1.7,
    "gradient for update": 3.4,
    "step for update": -0.34,
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_mistake_in_a_gradient_is_named(name):
    expression, asked, number = GRADIENTS[name]
    values = {"x": Value(A), "y": Value(B), "z": Value(C)}
    f = expression(**values)
    mark = check(f, {asked: number}, {**values, "f": f})[asked]
    assert mark.verdict == "wrong" and name in mark.causes
    assert "{" not in mark.note and mark.note


@pytest.mark.parametrize("name", VALUES)
def test_a_mistake_in_the_forward_pass_is_named(name):
    expression, number = VALUES[name]
    x, y, z = Value(A), Value(B), Value(C)
    f = expression(x, y, z)
    mark = check(f, {"f": number}, of="data")["f"]
    assert mark.verdict == "wrong" and name in mark.causes
    assert "{" not in mark.note and mark.note


@pytest.mark.parametrize("name", STEPS)
def test_a_mistake_in_a_step_is_named(name):
    x = Value(A)
    mark = check(x * x, {"x": STEPS[name]}, optimizer=nn.SGD([x], lr=0.1))["x"]
    assert mark.verdict == "wrong" and mark.causes == (name,)


def test_probability_of_the_target_without_the_target():
    a, b, c = Value(A), Value(B), Value(T)
    p = exp(A) / (exp(A) + exp(B) + exp(T))
    e = [x.exp() for x in (a, b, c)]
    for loss in (
        autograd.logsumexp([a, b, c]) - a,
        nn.cross_entropy([a, b, c], 0),
        -(e[0] / (e[0] + e[1] + e[2])).log(),
        -autograd.log(autograd.softmax([a, b, c])[0]),
    ):
        assert check(loss, {a: p - 1}) and check(loss, {a: p})["a"].causes[0] == "p for p - y"
    two = 0.5 * (autograd.logsumexp([a, b, c]) - a)
    assert check(two, {a: p / 2})["a"].causes[0] == "p for p - y"


def network():
    """h = σ(w x), o = v h, and the gradients of E = ½ (o - t)² by hand."""
    w = [[0.4, -0.7], [0.9, 0.3]]
    v = [[0.6, -1.1], [0.8, 0.5]]
    x, t = [A, B], [T, -0.2]
    h = [sigmoid(sum(a * b for a, b in zip(row, x, strict=True))) for row in w]
    d = [sum(a * b for a, b in zip(row, h, strict=True)) - y for row, y in zip(v, t, strict=True)]
    W, V = ([[Value(a) for a in row] for row in m] for m in (w, v))
    H = [autograd.sigmoid(row[0] * A + row[1] * B) for row in W]
    E = sum(0.5 * (row[0] * H[0] + row[1] * H[1] - y) ** 2 for row, y in zip(V, t, strict=True))
    return E, H, v, h, d


def test_updated_weights_with_the_rate_that_was_used():
    E, H, v, h, d = network()
    early = sum(e * (row[0] - 0.5 * e * h[0]) for e, row in zip(d, v, strict=True))
    right = sum(e * row[0] for e, row in zip(d, v, strict=True))
    assert check(E, {H[0]: right})
    mark = check(E, {H[0]: early}).marks[0]
    assert mark.causes == ("updated weights",) and "learning rate 0.5" in mark.note


def test_the_transposed_matrix():
    E, H, v, _, d = network()
    mark = check(E, {H[0]: d[0] * v[0][0] + d[1] * v[0][1]}).marks[0]
    assert mark.causes == ("w_ij for w_ji",)


def test_walks_in_the_wrong_order():
    x = Value(A)
    y = x * x  # dy/dx = 2x
    z = y + x.sin() * y  # dz/dy = 1 + sin x, dz/dx = (1 + sin x) 2x + cos x y
    local, direct = 1 + sin(A), cos(A) * A * A
    assert check(z, {"x": local * 2 * A + direct})
    # depth first: y hands on 1, then 1 + sin x
    twice = check(z, {"x": 2 * A + local * 2 * A + direct})["x"]
    assert twice.causes == ("counted twice",)
    early = check(z, {"x": 2 * A + direct})["x"]
    assert "handed on too early" in early.causes


def test_the_naive_pass_of_notebook_1_which_goes_down_from_each_input_at_once():
    a = Value(A)
    b = a + a
    c = b * b + b
    grads = {c: 1.0}

    def pass_on_at_once(node):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            grads[parent] = grads.get(parent, 0.0) + grads[node] * partial
            pass_on_at_once(parent)

    pass_on_at_once(c)
    assert check(c, {"a": grads[a]})["a"].causes == ("counted twice",)


def test_gradients_of_an_earlier_pass():
    x = Value(A)
    x.grad = 0.37
    f = x.sin() * 2.0
    assert check(f, {"x": 2 * cos(A) + 0.37})["x"].causes == ("gradient of an earlier pass",)
    f.backward()
    assert check(f, {"x": x.grad})["x"].causes == ("gradient of an earlier pass",)


def test_every_row_has_a_sample():
    others = {"p for p - y", "updated weights", "w_ij for w_ji", "counted twice"}
    others |= {"handed on too early", "gradient of an earlier pass"}  # tested above
    assert {m.name for m in MISTAKES} == others | {*GRADIENTS, *VALUES, *STEPS}


@pytest.mark.parametrize("network", NETWORKS)
def test_planted_mistakes_are_found_and_named_and_the_rest_is_carried(network):
    count = repeats(15)
    found, carried, named = planted(network, count, Counter())
    assert (found, carried) == (count, count) and named >= 0.9 * count


@pytest.mark.parametrize("network", NETWORKS)
def test_a_right_answer_is_never_called_wrong(network):
    assert right(network, repeats(1000))[0] == 0


@pytest.mark.parametrize("network", NETWORKS)
def test_four_digits_kept_at_each_step_are_right(network):
    assert by_hand(network, repeats(150))[0] == 0


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_outside_the_catalogue_is_unknown(network):
    count = repeats(10)
    guessed, given = strange(network, count)
    assert given == count and guessed <= max(1, count / 20)  # a coincidence


def drawn_program(rng):
    """A random program at a random point, of any size, with the names of its Values."""
    program = RandomProgram(rng, [[rng.uniform(-2.0, 2.0) for _ in range(3)]], steps=10)
    scale = 10.0 ** rng.uniform(-4.0, 8.0)
    root = program([Value(rng.uniform(-2.0, 2.0)) for _ in range(3)]) * scale
    sweep = Sweep(root)
    asked = [node for node in sweep.order[:-1] if node.primitive is not CONSTANT]
    return root, sweep, {f"n{i}": node for i, node in enumerate(asked)}


def test_right_answers_for_random_programs_are_never_called_wrong():
    rng = Random(17)
    given = 0
    while given < repeats(1000):
        root, sweep, names = drawn_program(rng)
        for of, numbers in (("grad", sweep.gradient), ("data", sweep.data)):
            answers = {}
            for name, node in names.items():
                digits, typed = rng.randint(3, 6), rng.random() < 0.5
                text = f"{numbers[node]:#.{digits}g}" if numbers[node] else "0"
                answers[name] = text if typed else float(text)
            report = check(root, answers, names, of=of)
            assert report, report
            given += len(report)


def test_random_programs_worked_out_with_four_digits_are_right(monkeypatch):
    rng = Random(18)
    given = 0
    while given < 500:
        root, sweep, names = drawn_program(rng)
        with monkeypatch.context() as patched:  # on paper, to the nearest number of four digits
            patched.setattr(passes, "_rounded", lambda x, digits, _: float(f"{x:.{digits}g}"))
            way = passes.Pass(sweep, sweep.order, {})
            partials = way._rounded(4, rng)
            seeds = {root: passes.Pencilled(1.0, 4, rng)}
            found = pull_back(sweep.order, seeds, partials.__getitem__, way.free)
        answers = {n: f"{found[x].number:#.4g}" for n, x in names.items() if x in found}
        report = check(root, answers, names)
        assert report.score == 1.0, report
        given += len(report)
