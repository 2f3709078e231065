"""JavaScript: what a program computes in a browser, beside the engine."""

import math
import re
from random import Random

import numpy as np
import pytest
from random_programs import RandomProgram, condition
from repeats import repeats
from samples import SAMPLES

import autograd
import nn
from autograd import Value
from autograd.compiler import javascript
from autograd.engine.primitive import TABLE

RUN = """([text, rows, parameters, results]) => {
  const program = new Function(text + "; return program;")();
  return rows.map((row) => {
    const R = new Float64Array(results), G = new Float64Array(parameters.length);
    const known = program(Float64Array.from(row), Float64Array.from(parameters), R, G);
    const alone = new Float64Array(results);
    program(Float64Array.from(row), Float64Array.from(parameters), alone);
    const same = R.every((x, i) => Object.is(x, alone[i]));
    return { known, same, results: Array.from(R, String), slopes: Array.from(G, String) };
  });
}"""


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


def in_browser(page, program, rows, parameters, results=1):
    """What the JavaScript of a program gives for each row: (results, gradient of the first)."""
    text = program.to_javascript()
    found = page.evaluate(RUN, [text, rows, [p.data for p in parameters], results])
    assert all(each["known"] and each["same"] for each in found)
    return [tuple(list(map(float, each[key])) for key in ("results", "slopes")) for each in found]


@pytest.mark.parametrize("block", range(repeats(2)))
def test_random_programs_equal_the_engine(page, block):
    for seed in range(50 * block, 50 * block + 50):
        rng = Random(seed)
        width = rng.randint(1, 4)
        rows = [[rng.uniform(-1.5, 1.5) for _ in range(width)] for _ in range(rng.randint(1, 6))]
        function = RandomProgram(rng, rows, steps=rng.choice((6, 14, 40)))
        program = autograd.compile(function, batch=bool(seed % 2))
        for row in [rows] if seed % 2 else rows:  # all paths are recorded
            program(row)
        parameters = program.parameters
        for row, (results, slopes) in zip(
            rows, in_browser(page, program, rows, parameters), strict=True
        ):
            for p in parameters:
                p.grad = 0.0
            root = function([Value(x) for x in row])
            root.backward()
            sizes = condition(root)
            assert results[0] == pytest.approx(root.data, rel=1e-12, abs=1e-12)
            for p, slope in zip(parameters, slopes, strict=True):
                assert abs(slope - p.grad) <= 1e-12 * max(1.0, sizes.get(p, 0.0))


@pytest.mark.parametrize("name", TABLE)
def test_every_row_equals_the_engine(page, name):
    rng = Random(1)
    sample, row = SAMPLES[name], TABLE[name]
    for inputs in [sample.draw(rng) for _ in range(20)]:
        leaves = [Value(x) for x in inputs]
        if name == "**":
            leaves, function = leaves[:1], lambda x, c=inputs[1]: x**c
        else:
            function = row
        program = autograd.compile(lambda f=function, xs=leaves: f(*xs))
        number, slopes = program.value_and_grad()
        ((results, found),) = in_browser(page, program, [[]], program.parameters)
        assert results[0] == pytest.approx(number, rel=1e-13, abs=1e-300)
        assert found == pytest.approx(list(slopes), rel=1e-12, abs=1e-12)


def test_a_network_loss_and_outputs_in_functions_of_a_bounded_length(page, monkeypatch):
    monkeypatch.setattr(javascript, "LINES", 7)
    model = nn.MLP(3, [4, 2], rng=Random(0))
    X = np.random.default_rng(0).normal(size=(5, 3))

    def loss(x):
        a, b = model(x)
        return (a - 0.3) ** 2 + abs(b), a, b

    program = autograd.compile(loss, batch=True)
    expected = program(X)
    parameters = program.parameters
    found = in_browser(page, program, X.tolist(), parameters, results=3)
    for i, (results, _) in enumerate(found):
        assert results == pytest.approx([part[i] for part in expected], rel=1e-12)
    first = autograd.compile(lambda x: loss(x)[0], batch=True)
    mean_slopes = first.value_and_grad(X)[1]
    slopes = dict(zip(first.parameters, mean_slopes, strict=True))
    mean = np.mean([gradient for _, gradient in found], axis=0)
    assert mean == pytest.approx([slopes[p] for p in parameters], rel=1e-12, abs=1e-12)
    parts = re.findall(r"^function path0\w+\(.*?^}", program.to_javascript(), re.M | re.S)
    assert len(parts) > 5 and max(part.count("\n") for part in parts) == 8


def test_what_each_path_computes_and_a_row_that_takes_none(page):
    w = Value(2.0)
    program = autograd.compile(lambda x: w * x if x > 0 else -3.0 * x + w)
    program(1.0)
    text = program.to_javascript()
    (found,) = page.evaluate(RUN, [text, [[-1.0]], [w.data], 1])
    assert not found["known"]
    program(-1.0)
    assert in_browser(page, program, [[4.0], [-1.0]], [w]) == [([8.0], [4.0]), ([5.0], [1.0])]


def test_a_row_of_ones_own_is_written_where_it_can_be_read(page):
    bump = autograd.primitive(
        "bump_of_a_page",
        scalar=lambda x: autograd.exp(-x * x),
        partials=lambda out, x: (-2 * x * out,),
    )
    w = Value(0.5)
    program = autograd.compile(lambda x: bump(w * x))
    program(2.0)
    ((results, slopes),) = in_browser(page, program, [[2.0]], [w])
    assert results == pytest.approx([math.exp(-1)]) and slopes == pytest.approx(
        [-4.0 * math.exp(-1)]
    )
    opaque = autograd.primitive(
        "opaque_of_a_page", scalar=math.sin, partials=lambda out, x: (math.cos(x),)
    )
    program = autograd.compile(lambda x: opaque(w * x))
    program(2.0)
    with pytest.raises(TypeError, match="opaque_of_a_page"):
        program.to_javascript()


def test_values_that_are_only_read_are_written_as_they_are(page):
    w, shift = Value(0.5), Value(-3.0)
    program = autograd.compile(lambda x: w * x - shift.detach())
    program(2.0)
    assert program.parameters == [w]
    assert in_browser(page, program, [[2.0]], [w]) == [([4.0], [2.0])]


def test_nothing_recorded_or_too_much_is_refused():
    program = autograd.compile(lambda xs: sum(xs))
    with pytest.raises(ValueError, match="there are 0: call a fresh program once"):
        program.to_javascript()
    program([1.0])
    program([1.0, 2.0])
    with pytest.raises(ValueError, match="there are 2"):
        program.to_javascript()


def test_special_numbers_are_written_as_javascript_has_them(page):
    w = Value(2.0)
    program = autograd.compile(
        lambda x: autograd.minimum(w * x, math.inf) + autograd.maximum(x, -math.inf) - -0.5
    )
    program(1.0)
    assert in_browser(page, program, [[3.0]], [w]) == [([9.5], [3.0])]
