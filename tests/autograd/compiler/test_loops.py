"""Loops: JavaScript lines that repeat a pattern, beside the lines as they were."""

from random import Random

import pytest
from repeats import repeats

import autograd
import nn
from autograd.compiler.loops import rolled

RUN = """([lines, numbers]) => {
  const run = new Function("V", "P", lines.join("\\n"));
  const V = Float64Array.from(numbers), P = V.map((x) => x * x - 1);
  run(V, P);
  return Array.from(V, String);
}"""


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


def test_a_layer_is_one_loop():
    lines = []
    for j in range(16):
        terms = " + ".join(f"P[{9 * j + k}] * V[{k}]" for k in range(8))
        lines += [
            f"V[{10 + 3 * j}] = {terms};",
            f"V[{11 + 3 * j}] = V[{10 + 3 * j}] + P[{9 * j + 8}];",
        ]
        lines.append(f'V[{12 + 3 * j}] = VALUES["tanh"](V[{11 + 3 * j}]);')
    assert rolled(lines) == [
        "for (let j = 0; j < 16; j++) { "
        "{ let t = P[0 + 9 * j] * V[0]; "
        "for (let k = 1; k < 8; k++) t += P[0 + 9 * j + k] * V[0 + k]; "
        "V[10 + 3 * j] = t; } V[11 + 3 * j] = V[10 + 3 * j] + P[8 + 9 * j]; "
        'V[12 + 3 * j] = VALUES["tanh"](V[11 + 3 * j]); }'
    ]


def test_what_is_short_or_uneven_stays():
    short = [f"V[{i}] = P[{i}];" for i in range(7)]
    uneven = [f"V[{i}] = P[{i * i}];" for i in range(20)]
    other = ["V[0] = P[0] + V[1];", "V[1] = P[0] - V[1];"] * 3
    for lines in ([], short, uneven, other, ["V[9] = P[0] * V[1] + P[1] * V[2] + P[2] * V[3];"]):
        assert rolled(lines) == lines


def drawn(rng):
    """Lines on V[0..63], in which patterns come again at places that go on evenly, or nearly so."""
    lines = []
    for _ in range(rng.randint(1, 6)):
        patterns = []
        for _ in range(rng.randint(1, 3)):
            form = rng.choice(
                ["V[{}] = P[{}] * V[{}];", "V[{}] = V[{}] + P[{}];", "V[{}] += V[{}];"]
            )
            if rng.random() < 0.3:
                form = long_sum(rng)
            count = form.count("{}")
            places = [(rng.randint(20, 43), rng.choice([-1, 0, 1, 1])) for _ in range(count)]
            patterns.append((form, places))
        for n in range(rng.randint(1, 20)):
            for form, places in patterns:
                slip = rng.random() < 0.02
                lines.append(form.format(*[a + n * step + slip for a, step in places]))
    return lines


def long_sum(rng):
    step = rng.choice([0, 1, 2])
    places = [3 + step * k for k in range(rng.randint(2, 12))]
    if rng.random() < 0.2:
        places[rng.randrange(len(places))] += 1
    return "V[{}] = " + " + ".join(f"P[{place}] * V[{{}}]" for place in places) + ";"


def test_the_numbers_are_the_same(page):
    loops = 0
    for seed in range(repeats(150)):
        rng = Random(seed)
        lines = drawn(rng)
        short = rolled(lines)
        loops += len(short) < len(lines)
        numbers = [rng.uniform(-1, 1) for _ in range(64)]
        found = page.evaluate(RUN, [short, numbers])
        assert found == page.evaluate(RUN, [lines, numbers]), seed
    assert loops > 20


def test_a_network_of_1200_weights_is_13_kb():
    model = nn.MLP(64, [16, 10], rng=Random(0))
    program = autograd.compile(lambda x, t: nn.cross_entropy(model(x), t), batch=True)
    program([[0.5] * 64], [[1.0] + [0.0] * 9])
    assert len(program.to_javascript()) < 16_000
