"""playground: what the page computes beside the engine, and what a reader does with it."""

import json
import math
import os
import re
import runpy
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest
from monkey import Monkey

import autograd
import nn
from autograd import Value
from nn.layers.activations import ACTIVATIONS


@pytest.fixture
def opened(tab, tmp_path):
    """A function that opens a playground; errors of the page, and requests, fail the test."""
    pages, problems = [], []

    def open_page(made, width=1280, **options):
        page = tab.new_page()  # a window for each takes twice as long
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(**options)
        pages.append(page)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: request.url.startswith("file:") or problems.append("!"))
        page.goto(made.save(tmp_path / f"page{len(pages)}.html").as_uri())
        return page

    yield open_page
    for page in pages:
        page.close()
    assert not problems


def until(page, condition):
    """Wait for a condition; the page's policy refuses what Playwright would evaluate in it."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(25)
    raise AssertionError(condition)


def moons(n=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(float)


def small(seed=1, **options):
    return small_of(2, seed, **options)


def small_of(inputs, seed=1, **options):
    return nn.MLP(inputs, [4, 1], rng=Random(seed), **options)


def epoch(page, count=1):
    """Train whole epochs, at once."""
    page.evaluate(f"for (let i = 0; i < {count}; i++) while (!trainer.next()); loop.refresh()")


def in_page(page, steps):
    """The weights after steps on these rows."""
    code = (
        "steps => { for (const rows of steps) trainer.step(rows); return Array.from(trainer.P); }"
    )
    return page.evaluate(code, steps)


def in_python(model, X, targets, loss, optimizer, steps):
    program = autograd.compile(lambda x, t: loss(model(x), t), batch=True)
    for rows in steps:
        optimizer.zero_grad()
        _, slopes = program.value_and_grad(X[rows], targets[rows])
        for p, slope in zip(program.parameters, slopes, strict=True):
            p.grad = slope
        optimizer.step()
    return model.state_dict()


def batches(n, count=100, size=7, seed=3):
    rng = np.random.default_rng(seed)
    return [rng.choice(n, size=size, replace=False).tolist() for _ in range(count)]


OPTIMIZERS = {
    "SGD": partial(nn.SGD, lr=0.05),
    "momentum": partial(nn.SGD, lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "dampened": partial(nn.SGD, lr=0.05, momentum=0.5, dampening=0.1),
    "Adam": partial(nn.Adam, lr=0.01, weight_decay=1e-2),
}


@pytest.mark.parametrize("how", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["cross_entropy", "mse_loss", "hinge_loss"])
def test_a_hundred_steps_in_the_page_are_those_of_the_engine(opened, loss, how):
    X, y = moons()
    if loss == "cross_entropy":
        model, targets = (
            nn.MLP(2, [5, 3], activation="tanh", rng=Random(0)),
            np.eye(3)[(y + (X[:, 0] > 1)).astype(int)],
        )
    else:
        model, targets = small(), y if loss == "mse_loss" else 2 * y - 1
    optimizer = OPTIMIZERS[how](model.parameters())
    page = opened(nn.playground(model, X, targets, loss=loss, optimizer=optimizer))
    steps = batches(len(X))
    found = in_page(page, steps)
    names = page.evaluate("given.parameters.map(p => p.name)")
    expected = in_python(model, X, targets, getattr(nn, loss), optimizer, steps)
    assert sorted(names) == sorted(expected)
    for name, weight in zip(names, found, strict=True):
        assert weight == pytest.approx(expected[name], rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_all_activations(opened, activation):
    X, y = moons()
    model = small(activation=activation)
    optimizer = nn.SGD(model.parameters(), lr=0.05)
    page = opened(nn.playground(model, X, y, loss="mse_loss", optimizer=optimizer))
    steps = batches(len(X))
    found = in_page(page, steps)
    expected = in_python(model, X, y, nn.mse_loss, optimizer, steps)
    names = page.evaluate("given.parameters.map(p => p.name)")
    assert found == pytest.approx([expected[n] for n in names], rel=1e-10, abs=1e-10)


def test_training_by_mouse_and_by_keys(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, batch_size=10, test=moons(seed=5), title="My moons"))
    assert page.title() == page.inner_text("h1") == "My moons"
    page.click("#step")
    until(page, "!loop.wanted && trainer.order.length == 30")
    assert page.inner_text("#epochs") == "epoch 0"
    page.click("#epoch")
    until(page, "!loop.wanted && trainer.epochs == 1 && trainer.order.length == 0")
    page.keyboard.press("e")
    until(page, "!loop.wanted && trainer.epochs == 2")
    page.keyboard.press("s")
    until(page, "!loop.wanted && trainer.order.length == 30")
    before = page.evaluate("trainer.history[0].training.loss")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    until(page, "trainer.epochs > 30")
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-pressed") == "false"
    assert page.evaluate("trainer.history.at(-1).training.loss") < before
    until(page, "document.querySelector('#test-loss').textContent.includes('accuracy')")
    page.keyboard.press("r")
    assert page.evaluate("trainer.epochs") == 0
    given = page.evaluate("given.parameters.map(p => p.data)")
    assert page.evaluate("Array.from(trainer.P)") == given
    page.fill("#seed", "7")
    page.click("#reset")
    drawn = page.evaluate("Array.from(trainer.P)")
    assert drawn != given and drawn == page.evaluate("trainer.reset(7), Array.from(trainer.P)")


def test_the_loss_and_accuracy_shown_are_the_engines(opened):
    X, y = moons()
    model = small()
    page = opened(nn.playground(model, X, y, loss="binary_cross_entropy_with_logits"))
    epoch(page)
    state = page.evaluate("savedState(trainer)")
    nn.load_playground(json.dumps(state), model)
    measured = page.evaluate("trainer.history.at(-1).training")
    losses = [
        nn.binary_cross_entropy_with_logits(model(x), t).data for x, t in zip(X, y, strict=True)
    ]
    assert measured["loss"] == pytest.approx(np.mean(losses), rel=1e-12)
    loss = "binary_cross_entropy_with_logits"
    assert measured["accuracy"] == pytest.approx(nn.accuracy(model, X, y, loss=loss))


COLOURS = """canvas => new Set(new Uint32Array(canvas.getContext("2d")
  .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""


@pytest.mark.parametrize("seen", ["at once", "after a resize", "after a reset"])
def test_the_plane_is_there_before_any_training(opened, seen):
    X, y = moons()
    model = small()
    page = opened(nn.playground(model, X, y), width=1280)
    until(page, "surface.most > 0 && surface.painted && !loop.plane")
    if seen == "after a resize":
        page.set_viewport_size({"width": 500, "height": 800})
    elif seen == "after a reset":
        page.click("#reset")
    until(page, "surface.painted && !loop.plane && !loop.stale")
    place = page.evaluate("surface.inPlane([0.5 / GRID, 0.5 / GRID])")
    if seen != "after a reset":
        assert page.evaluate("surface.maps[1][0]") == pytest.approx(model(place).data, rel=1e-12)
    for canvas in page.locator("#surface, .unit canvas").all():
        assert canvas.evaluate(COLOURS) > 20


def test_a_change_is_marked_and_a_wrong_entry_is_told(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y))
    for field, entry, word in (
        ("lr", "0.02", "rate 0.02"),
        ("batch", "5", "batch 5"),
        ("noise", "0.5", "noise 0.5"),
        ("momentum", "0,9", "momentum 0.9"),
    ):
        page.fill(f"#{field}", entry)
        page.keyboard.press("Tab")
        assert page.evaluate("curves.marks.at(-1).what") == word
    page.fill("#lr", "fast")
    page.keyboard.press("Tab")
    assert "The learning rate must be a number" in page.inner_text("#entry")
    assert page.get_attribute("#lr", "aria-invalid") == "true"
    assert page.evaluate("trainer.optimizer.options.lr") == 0.02
    noisy = page.evaluate("trainer.training.rows.map(row => row[0])")
    clean = page.evaluate("trainer.training.clean.map(row => row[0])")
    assert 0.2 < np.std(np.subtract(noisy, clean)) < 1.0
    page.select_option("#optimizer", "Adam")
    assert page.evaluate("[trainer.optimizer.kind, curves.marks.at(-1).what]") == ["Adam", "Adam"]
    assert page.input_value("#momentum") == "0.9"
    epoch(page)
    assert page.evaluate("trainer.optimizer.steps[0]") == 8


def test_examples_are_followed_added_moved_relabelled_and_removed(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, classes=["no", "yes"]))
    box = page.locator("#surface").bounding_box()

    def at(i):
        x, y = page.evaluate(f"surface.onCanvas(trainer.training.rows[{i}])")
        side = page.evaluate("surface.width")
        return box["x"] + x * box["width"] / side, box["y"] + y * box["height"] / side

    page.mouse.click(*at(12))
    assert page.evaluate("surface.followed") == 12
    assert page.input_value("#followed") == "12"
    page.select_option("#tool", "add")
    page.select_option("#class", "1")
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    low, high = page.evaluate("surface.range")
    added = page.evaluate("Array.from(trainer.training.clean.at(-1))")
    assert added == pytest.approx(
        [low[0] + (low[1] - low[0]) / 4, high[1] - (high[1] - high[0]) / 4, 1.0], abs=0.05
    )
    page.select_option("#tool", "relabel")
    page.select_option("#class", "0")
    page.mouse.click(*at(40))
    assert page.evaluate("trainer.training.clean.at(-1)[2]") == 0.0
    page.select_option("#tool", "move")
    page.mouse.move(*at(40))
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
    page.mouse.up()
    assert page.evaluate("trainer.training.clean.at(-1)[0]") > added[0]
    page.select_option("#tool", "remove")
    page.mouse.click(*at(40))
    assert page.evaluate("trainer.training.clean.length") == 40
    page.focus("#surface")
    page.select_option("#tool", "add")
    page.focus("#surface")
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("trainer.training.clean.length") == 41
    epoch(page)
    assert page.evaluate("trainer.epochs") == 1


def test_of_one_input_and_a_number_the_model_is_a_curve(opened):
    X = np.linspace(-2.0, 2.0, 30)[:, None]
    targets = np.sin(2.0 * X[:, 0])
    page = opened(nn.playground(small_of(1), X, targets))
    epoch(page, 3)
    assert page.evaluate("surface.curve && surface.axes.join() === '0,1'")
    rows = page.evaluate("trainer.training.rows.map(row => Array.from(row))")
    assert np.allclose(rows, np.stack([X[:, 0], targets], axis=1))
    heights = page.evaluate("trainer.training.rows.map(row => surface.onCanvas(row)[1])")
    assert np.corrcoef(heights, targets)[0, 1] == pytest.approx(-1.0)  # pixels run downwards
    page.select_option("#tool", "add")
    box = page.locator("#surface").bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    added = page.evaluate("Array.from(trainer.training.clean.at(-1))")
    assert added == pytest.approx([-1.2, 0.0], abs=0.05)
    page.select_option("#tool", "move")
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.up()
    moved = page.evaluate("Array.from(trainer.training.clean.at(-1))")
    assert moved == pytest.approx([1.2, 0.6], abs=0.05)
    two = nn.MLP(1, [4, 2], rng=Random(1))
    several = opened(nn.playground(two, X, np.stack([targets, -targets], axis=1)))
    assert not several.evaluate("surface.curve")


def test_a_neurons_formula_and_a_weights_gradient_have_the_engines_numbers(opened):
    X, y = moons()
    model = small(activation="tanh")
    page = opened(nn.playground(model, X, y, loss="mse_loss", batch_size=4))
    page.click(".unit >> nth=3")  # what was chosen is shown in the next frame
    until(page, "document.querySelector('#panel').textContent.includes('layers.0[1]')")
    lines = page.locator("#panel").inner_text().split("\n")
    hidden = model.layers[0](X[0].tolist())[1]
    assert "layers.0[1]" in lines[0] and "tanh(" in page.inner_text("#panel")
    shown = float(page.inner_text("#panel p:last-child").split()[1])
    assert shown == pytest.approx(hidden.data, rel=1e-3)
    page.click("#step")
    until(page, "!loop.wanted")
    page.select_option("#parameter", str(page.evaluate("network.edges[2].p")))
    until(page, "document.querySelector('#panel').textContent.includes('gradient of')")
    text = page.inner_text("#panel")
    rows = page.evaluate("trainer.last")
    assert len(rows) == 4 and len(re.findall(r"example \d+:", text)) == 4
    name = page.evaluate("given.parameters[network.edges[2].p].name")
    weight = dict(model.named_parameters())[name]
    for i in rows:
        weight.grad = 0.0
        nn.mse_loss(model(X[i]), y[i]).backward()
        found = re.search(rf"example {i}: (\S+)", text)[1]
        assert float(found) == pytest.approx(weight.grad, rel=1e-3)
    slope = float(re.search(r"slope (\S+) =", text)[1])
    unit = page.evaluate("network.edges[2].to")
    out = model.layers[0](X[rows[-1]].tolist())[unit[1]].data
    assert slope == pytest.approx(1 - out**2, rel=2e-3)
    page.locator("#all summary").click()
    until(page, "document.querySelector('#rows td').textContent !== ''")
    assert page.locator("#rows tr").count() == len(model.parameters())


def test_state_goes_to_python_and_back(opened, tmp_path):
    X, y = moons()
    model = small()
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    page = opened(nn.playground(model, X, y, loss="mse_loss", optimizer=optimizer))
    epoch(page)
    page.click("text=State: take it")
    page.click("#copy")
    text = page.input_value("#state")
    file = tmp_path / "state.json"
    file.write_text(text)
    nn.load_playground(file, model, optimizer)
    weights = page.evaluate("Array.from(trainer.P)")
    assert sorted(model.state_dict().values()) == sorted(weights)
    again = opened(nn.playground(model, X, y, loss="mse_loss", optimizer=optimizer))
    steps = batches(len(X), 20)
    assert in_page(again, steps) == pytest.approx(in_page(page, steps), rel=1e-12)
    again.click("text=State: take it")
    again.fill("#state", text)
    again.click("#load")
    assert again.inner_text("#said") == "Loaded."
    assert again.evaluate("Array.from(trainer.P)") == weights
    for wrong, why in (("{", "Nothing was loaded"), ('{"format": 1}', "no state of a playground")):
        again.fill("#state", wrong)
        again.click("#load")
        assert why in again.inner_text("#said")
    assert again.evaluate("Array.from(trainer.P)") == weights


def test_a_state_that_does_not_fit_changes_nothing(opened):
    X, y = moons()
    model = small()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    page = opened(nn.playground(model, X, y, optimizer=optimizer))
    epoch(page)
    state = page.evaluate("savedState(trainer)")
    before = model.state_dict()
    other = {**state, "weights": {**state["weights"], "more": 1.0}}
    adam = {**state, "optimizer": {**state["optimizer"], "optimizer": "Adam"}}
    for wrong, why in (
        (other, r"\(`more`\) unexpected"),
        (adam, "not of 'SGD'"),
        ({**state, "version": 2}, "no state of a playground"),
        ({}, "has no `format`"),
    ):
        with pytest.raises(nn.LoadError, match=why):
            nn.load_playground(json.dumps(wrong), model, optimizer)
        assert model.state_dict() == before
    with pytest.raises(OSError, match="nowhere"):
        nn.load_playground("nowhere.json", model)


@pytest.mark.parametrize("loss", ["mse_loss", "binary_cross_entropy_with_logits"])
def test_the_example_that_is_followed_can_be_stepped_through(opened, loss):
    X, y = moons()
    model = nn.MLP(2, [2, 1], activation="tanh", rng=Random(1))
    page = opened(nn.playground(model, X, y, loss=loss))
    epoch(page)
    page.fill("#followed", "3")
    page.click("#steps summary")
    frame = page.frame_locator("#stepper")
    frame.locator("#last").click()
    nn.load_playground(json.dumps(page.evaluate("savedState(trainer)")), model)
    root = getattr(nn, loss)(model(X[3]), y[3])
    model.zero_grad()
    root.backward()
    shown = frame.locator("#rows").evaluate(
        "rows => Array.from(rows.rows, r => [r.cells[0].textContent, r.cells[3].dataset.value])"
    )
    found = {name: float(x) for name, x in shown if x}
    for name, p in model.named_parameters():
        if name in found:
            assert found[name] == pytest.approx(p.grad, rel=1e-9, abs=1e-12)
    assert sum(name in found for name, _ in model.named_parameters()) >= 7


class Branches(nn.Module):
    """Takes another way where the first input is above 1."""

    def __init__(self):
        self.w = Value(0.5)

    def forward(self, x):
        return self.w * x[0] if x[0] > 1 else self.w * x[1]


def test_a_branch_that_no_example_takes_is_told(opened):
    X = np.array([[0.0, 1.0], [0.5, -1.0], [0.9, 0.5]])
    page = opened(nn.playground(Branches(), X, [1.0, 0.0, 1.0], loss="mse_loss"))
    assert "took for none of the given examples" not in page.inner_text("#problem")
    page.evaluate("surface.range = [[0, 3], [-1, 1]], surface.changed(), refresh()")
    until(page, "document.querySelector('#problem').textContent.includes('branch')")


def test_a_loss_that_is_no_number_is_told(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, loss="mse_loss"))
    page.fill("#lr", "1e9")
    page.keyboard.press("Tab")
    epoch(page, 40)
    until(page, "document.querySelector('#problem').textContent.includes('too high')")


def test_weights_that_are_no_numbers_are_shown_and_come_back(opened):
    X, y = moons()
    model = small()
    first = model.parameters()[0]
    first.data = math.inf
    page = opened(nn.playground(model, X, y, loss="mse_loss"))
    state = page.evaluate("savedState(trainer)")
    assert "inf" in state["weights"].values()
    first.data = 0.0
    nn.load_playground(json.dumps(state), model)
    assert first.data == math.inf


HOSTILE = "</script><img src=x onerror=alert(1)>{{data}}\"'\\ \u2028 é"


def test_names_of_any_kind_inject_nothing(opened):
    X, y = moons()
    made = nn.playground(
        small(), X, y, names=[HOSTILE, "b"], classes=[HOSTILE, "<b>"], title=HOSTILE
    )
    assert HOSTILE not in made.html
    page = opened(made)
    assert page.title() == " ".join(HOSTILE.split()) or HOSTILE.split()[0] in page.title()
    assert page.locator("img").count() == 0 and page.locator("#legend b").count() == 0


NAMES = (HOSTILE, "__proto__", "constructor", "toString")


class Named(nn.Module):
    """A model whose parts have names of any kind."""

    def __init__(self):
        for name in NAMES:
            setattr(self, name, nn.Linear(2, 1, rng=Random(0)))

    def forward(self, x):
        return sum(getattr(self, name)(x)[0] for name in NAMES)


def test_names_of_parameters_inject_nothing_and_come_back(opened):
    X, y = moons()
    model = Named()
    made = nn.playground(model, X, y, loss="mse_loss")
    assert HOSTILE not in made.html
    page = opened(made)
    epoch(page)
    everything_open(page)
    assert page.locator("img").count() == 0
    state = page.evaluate("JSON.stringify(savedState(trainer))")
    nn.load_playground(state, model)
    weights = page.evaluate("Array.from(trainer.P)")
    assert sorted(model.state_dict().values()) == sorted(weights)
    page.fill("#state", state)
    page.click("#load")
    assert page.inner_text("#said") == "Loaded."
    assert page.evaluate("Array.from(trainer.P)") == weights


def test_numbers_of_any_size_are_shown(opened):
    X, y = moons()
    X = X * np.array([1e-300, 1e280])
    page = opened(nn.playground(small(), X, y, loss="mse_loss"))
    epoch(page)
    page.keyboard.press("Escape")
    until(page, "document.querySelector('#problem').textContent !== ''")
    assert "no longer a number" in page.inner_text("#problem")
    assert "e-301" in page.inner_text("#example") and "e279" in page.inner_text("#example")


def test_a_hostile_state_is_named_and_changes_nothing(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, loss="mse_loss"))
    epoch(page)
    weights = page.evaluate("Array.from(trainer.P)")
    good = page.evaluate("savedState(trainer)")
    name = next(iter(good["weights"]))
    page.click("text=State: take it")
    for wrong in (
        HOSTILE,
        "[" * 100_000,
        json.dumps({**good, "weights": {**good["weights"], name: HOSTILE}}),
        json.dumps({**good, "optimizer": {**good["optimizer"], "optimizer": HOSTILE}}),
        json.dumps({**good, "optimizer": {**good["optimizer"], "param_groups": [{"lr": HOSTILE}]}}),
    ):
        page.fill("#state", wrong)
        page.click("#load")
        assert page.inner_text("#said").startswith("Nothing was loaded: ")
        assert len(page.inner_text("#said")) < 300
        assert page.locator("img").count() == 0
        assert page.evaluate("Array.from(trainer.P)") == weights


def test_the_policy_forbids_requests(browser, tmp_path):
    X, y = moons()
    page = browser.new_page()
    page.goto(nn.playground(small(), X, y).save(tmp_path / "page.html").as_uri())
    refused = page.evaluate(
        """async () => {
          const refused = [];
          addEventListener("securitypolicyviolation", (event) =>
            refused.push(event.effectiveDirective));
          await fetch("https://example.org/").catch(() => 0);
          await new Promise((done) => {
            const image = new Image();
            image.onload = image.onerror = done;
            image.src = "https://example.org/a.png";
          });
          const frame = document.createElement("iframe");
          frame.src = "https://example.org/";
          document.body.append(frame);
          await new Promise((done) => setTimeout(done, 200));
          return refused;
        }"""
    )
    page.close()
    assert refused == ["connect-src", "img-src", "frame-src"]


@pytest.mark.parametrize("width", [400, 800, 1280, 1600])
def test_nothing_is_wider_than_the_window(opened, width):
    X, y = moons()
    X = np.hstack([X, X])
    names = ["a name that is much longer than its box", "b", "c" * 60, "d"]
    classes = ["class " * 20, "n" * 70]
    page = opened(nn.playground(small_of(4), X, y, names=names, classes=classes), width=width)
    epoch(page)
    everything_open(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def everything_open(page):
    """Open all that can be opened, with a wrong entry, and a parameter that is looked at."""
    page.fill("#lr", "fast")
    page.keyboard.press("Tab")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.select_option("#parameter", "2")
    until(page, "document.querySelector('#rows td').textContent !== ''")


def luminance(rgb):
    """Of a colour of sRGB, 0..255 (WCAG 2.2)."""
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return np.dot([0.2126, 0.7152, 0.0722], parts)


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_guidelines():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


# What is read, and what is drawn, with the colour behind it: [what, colour, behind].
PAINTED = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const solid = (text) => (rgb(text)[3] ?? 1) === 1;
  const behind = (element) => {
    while (element && !solid(getComputedStyle(element).backgroundColor))
      element = element.parentElement;
    return rgb(getComputedStyle(element ?? document.body).backgroundColor);
  };
  const text = [], graphics = [];
  for (const element of document.querySelectorAll("body *")) {
    if (!element.checkVisibility() || element.closest("script, noscript, option")) continue;
    const style = getComputedStyle(element);
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (own || element.matches("input, select, textarea"))
      text.push([element.id || element.tagName, rgb(style.color), behind(element)]);
    if (element.matches(".weight")) graphics.push(["weight", rgb(style.stroke), behind(element)]);
    if (element.matches("button, input, select, textarea, #network, #surface"))
      graphics.push([element.id, rgb(style.borderTopColor), behind(element.parentElement)]);
  }
  const probe = document.createElement("i");
  document.body.append(probe);
  const named = (name) => {
    probe.style.color = `var(${name})`;
    return rgb(getComputedStyle(probe).color);
  };
  for (let i = 0; i < 10; i++) graphics.push(["class " + i, colourOf(i), named("--field")]);
  graphics.push(["mark", named("--ink"), named("--field")]);
  graphics.push(["focus", named("--done"), named("--paper")]);
  probe.remove();
  return { text, graphics };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_graphics_stand_out(opened, scheme):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, test=moons(5, 1)), color_scheme=scheme)
    epoch(page)
    everything_open(page)
    found = page.evaluate(PAINTED)
    assert len(found["text"]) > 100 and len(found["graphics"]) > 40
    for kind, least in (("text", 4.5), ("graphics", 3.0)):
        for what, colour, behind in found[kind]:
            assert contrast(colour[:3], behind[:3]) >= least, (what, colour, behind)


def test_everything_is_reached_by_keys_and_the_focus_is_seen(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, test=moons(5, 1)))
    page.click("#all summary")
    page.click("text=State: take it")
    wanted = page.evaluate(
        "Array.from(document.querySelectorAll('button, input, select, textarea, summary, canvas'))"
        ".filter((e) => e.checkVisibility() && !e.disabled && (e.tabIndex >= 0)).length"
    )
    assert wanted > 25
    page.evaluate("document.activeElement.blur()")
    met = set()
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        where = page.evaluate(
            "(() => { const e = document.activeElement; e.mark ??= Math.random(); const s = "
            "getComputedStyle(e); return [e.tagName, e.mark, s.outlineStyle, s.outlineWidth]; })()"
        )
        if where[0] not in ("BODY", "IFRAME"):
            assert where[2:] == ["solid", "3px"], where
            met.add(where[1])
        if len(met) == wanted:
            break
    assert len(met) == wanted


def test_training_and_examples_by_keys_alone(opened):
    X, y = moons()
    page = opened(nn.playground(small(), X, y, classes=["no", "yes"]))
    page.focus("#surface")
    for key in ("n", "n", "p"):
        page.keyboard.press(key)
    until(page, "document.querySelector('#example').textContent.startsWith('Example 1, of 40')")
    text = page.inner_text("#example")
    label = ["no", "yes"][int(y[1])]
    assert f"target {label}" in text and "The model says" in text
    number = float(re.search(r"x1 = (\S+),", text)[1])
    assert number == pytest.approx(X[1, 0], rel=1e-4)
    place = page.evaluate("Array.from(trainer.training.clean[1])")
    page.evaluate("the('tool').value = 'move'")
    page.keyboard.press("Enter")  # takes it
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")  # and lets it go
    page.keyboard.press("ArrowLeft")
    moved = page.evaluate("Array.from(trainer.training.clean[1])")
    low, high = page.evaluate("surface.range[0]")
    assert moved[0] == pytest.approx(place[0] - 0.05 * (high - low), abs=1e-9)
    assert moved[1] < place[1] and moved[2] == place[2]
    page.focus("#parameter")
    page.keyboard.type("layers.1.neurons.0.weights.2")
    until(page, "document.querySelector('#panel h2')?.textContent.endsWith('weights.2')")
    assert page.locator(".weight.chosen").count() == 1


def test_less_motion_where_it_is_asked_for(opened):
    X, y = moons()
    counting = "window.shows = 0; loop.show = () => { window.shows++; show(); }; play(true)"
    pictures = {}
    for motion in ("reduce", "no-preference"):
        page = opened(nn.playground(small(), X, y), reduced_motion=motion)
        page.evaluate(counting)
        begin = page.evaluate("performance.now()")
        until(page, f"performance.now() > {begin} + 1600 && trainer.epochs > 2")
        pictures[motion] = page.evaluate(f"[shows, (performance.now() - {begin}) / 1000]")
        page.evaluate("play(false)")
    shows, seconds = pictures["reduce"]
    assert 1 <= shows <= 2 + 2 * seconds
    assert pictures["no-preference"][0] / pictures["no-preference"][1] > shows / seconds


def test_more_inputs_than_two_and_images(opened):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 64)), rng.integers(0, 3, 30)
    model = nn.MLP(64, [5, 3], rng=Random(0))
    page = opened(nn.playground(model, X, y))
    epoch(page)
    assert page.locator("canvas.image").count() == 1 and page.locator(".unit canvas").count() == 8
    weights = page.evaluate("Array.from(network.weightsInto(network.units[1][2]))")
    names = page.evaluate("given.parameters.map(p => p.name)")
    now = dict(zip(names, page.evaluate("Array.from(trainer.P)"), strict=True))
    assert weights == [now[f"layers.0.neurons.2.weights.{i}"] for i in range(64)]
    page.select_option("#across", "3")
    assert page.evaluate("surface.axes[0]") == 3


def trained(page):
    """Put sane numbers into all fields, play, and wait until epochs pass."""
    for field, entry in SANE.items():
        page.fill(f"#{field}", entry)
        page.keyboard.press("Tab")
    page.select_option("#optimizer", "SGD")
    page.evaluate("play(false), actions.reset()")
    if not page.evaluate("trainer.training.rows.length"):
        page.select_option("#tool", "add")
        page.locator("#surface").click()
    page.evaluate("play(true)")
    until(page, "trainer.epochs > 3")
    page.evaluate("play(false)")
    until(page, "trainer.fresh")
    if math.isfinite(page.evaluate("trainer.measured.training.loss")):
        return True
    until(page, "document.querySelector('#problem').textContent !== ''")
    # Of a target that it has set to 1e20 no step is small enough: the page says so.
    return "a number of an example too large" in page.inner_text("#problem")


SANE = {"batch": "10", "lr": "0.01", "momentum": "0", "decay": "0", "noise": "0", "seed": "0"}


@pytest.mark.parametrize("kind", ["plane", "table"])
def test_a_monkey_finds_no_error(opened, kind):
    page = opened(for_a_monkey(kind))
    # 20 s for both; SEEGRAD_THOROUGH=1 asks for 5 minutes.
    seconds = 150 if os.environ.get("SEEGRAD_THOROUGH") == "1" else 10
    monkey = Monkey(page, Random(kind))
    monkey.play(seconds)
    assert trained(page), monkey.done[-200:]


def for_a_monkey(kind):
    """Two inputs and two classes with test data; or a table of three columns, by numbers."""
    X, y = moons()
    if kind == "plane":
        return nn.playground(small(), X, y, test=moons(10, 9), classes=["no", "yes"])
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    model = nn.MLP(3, [4, 1], activation="tanh", rng=Random(0))
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    return nn.playground(model, X, X[:, 0] * X[:, 1], optimizer=optimizer, names=["a", "b", "c"])


def test_models_of_other_shapes_are_wired(opened):
    X, y = moons()
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(6, 1, 6, 6)), rng.integers(0, 2, 6)
    convolution = nn.Sequential(
        nn.Conv2d(1, 2, 3, rng=Random(0)), "relu", nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(8, 2, rng=Random(1)),
    )  # fmt: skip
    lines = nn.Sequential(nn.Linear(2, 3, rng=Random(0)), nn.LayerNorm(3), nn.Linear(3, 1))
    for model, data, targets in (
        (lines, X, y),
        (convolution, images, labels),
        (nn.Neuron(2, activation="sigmoid", rng=Random(0)), X, y),
    ):
        page = opened(nn.playground(model, data, targets))
        epoch(page)
        assert math.isfinite(page.evaluate("trainer.history[0].training.loss"))
        assert page.locator(".unit canvas").count() >= 1


def test_what_does_not_fit_is_refused():
    X, y = moons()
    model = small()
    with pytest.raises(ValueError, match=r"nn\.SGD and of nn\.Adam without amsgrad"):
        nn.playground(model, X, y, optimizer="rmsprop")
    with pytest.raises(ValueError, match="`names` must be 2 names, got 1"):
        nn.playground(model, X, y, names=["a"])
    with pytest.raises(ValueError, match="`classes` must be 2 names, got 3"):
        nn.playground(model, X, y, classes="abc")
    with pytest.raises(TypeError, match=r"`test` must be a pair \(X, y\)"):
        nn.playground(model, X, y, test=X)
    with pytest.raises(TypeError, match=r"the text of a state or a path, got \{\}"):
        nn.load_playground({}, model)
    with pytest.raises(ValueError, match="`batch_size` must be"):
        nn.playground(model, X, y, batch_size=0)
    noisy = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    with pytest.raises(TypeError, match=r"answers the same example|call eval"):
        nn.playground(noisy, X, y)
    noisy.eval()
    assert "page of" in repr(nn.playground(noisy, X, y))
    opaque = autograd.primitive(
        "opaque_in_a_playground", scalar=math.sin, partials=lambda out, x: (math.cos(x),)
    )
    with pytest.raises(TypeError, match="opaque_in_a_playground"):
        nn.playground(small(), X, y, loss=lambda out, t: opaque(out - t) ** 2)


@pytest.mark.parametrize("name", ["moons", "spirals", "iris"])
def test_the_saved_pages_train(opened, name):
    scripts = Path(__file__).parents[3] / "scripts"
    page = opened(runpy.run_path(str(scripts / "pages"))["page"](name))
    epoch(page)
    first = page.evaluate("trainer.history[0].training.loss")
    epoch(page, 20)
    assert page.evaluate("trainer.history.at(-1).training.loss") < first


def test_the_page_is_small_and_changes_nothing():
    X, y = moons()
    model = nn.MLP(2, [8, 8, 1], rng=Random(0))
    before = model.state_dict()
    made = nn.playground(model, X, y)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', made.html)[1]
    assert len(made.html.encode()) - len(data.encode()) < 100_000
    assert len(made.html.encode()) < 200_000
    assert model.state_dict() == before
    assert 'sandbox="allow-scripts"' in made._repr_html_()
