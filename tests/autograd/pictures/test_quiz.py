"""The quiz of the stepper: its verdicts and the mistakes it names, beside those of `check`."""

import math
import re
from random import Random

import pytest
from networks import mazur
from pages import graph_in
from repeats import repeats

import autograd
import nn
from autograd import Value, stepper
from autograd.checking.answers import parsed
from autograd.checking.mistakes import MISTAKES
from autograd.engine.graph import topological_order
from autograd.pictures.quiz import LARGEST, Quiz, _View
from autograd.words.sweep import Sweep


def worked_example():
    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f, {}


def of_level(level):
    exercise = autograd.exercise(3, level)
    return exercise.root, dict(exercise.names)


def everything():
    """A graph in which every mistake of a gradient can be made."""
    names = {f"a{i}": Value(x) for i, x in enumerate((0.7, -1.3, 1.9, 0.4, -0.6, 2.3, 1.1, 0.9))}
    a = list(names.values())
    b1 = a[0] * a[1] + a[2] * a[3] + a[6]
    b2 = a[4] * a[1] + a[5] * a[3] + a[7]
    w1, w2, w3, w4 = (Value(x) for x in (0.3, -0.8, 1.2, 0.5))
    names |= {"w1": w1, "w2": w2, "w3": w3, "w4": w4, "b1": b1, "b2": b2}
    h1, h2 = b1.tanh(), b2.sigmoid()
    o1, o2 = w1 * h1 + w2 * h2, w3 * h1 + w4 * h2
    off = (o1 - 9.0).relu() + o1.exp() / a[5] + 2.0**o2 + 0.5 * a[7] ** 3 + a[6] / 4.0
    s = [o1 * 1.0, o2 + 0.0, o1 - o2]
    loss = autograd.logsumexp(s) - s[1] + off + a[5] / a[2]
    names |= {"h1": h1, "h2": h2, "o1": o1, "o2": o2, "s0": s[0], "s1": s[1], "s2": s[2]}
    return loss, names | {"loss": loss}


GRAPHS = [worked_example, mazur, everything, *(lambda n=n: of_level(n) for n in range(2, 7))]


def asked(root, names):
    """The named nodes below the root, with their right gradients."""
    sweep = Sweep(root)
    named = {v: k for k, v in names.items() if isinstance(v, Value)}
    named = {v: v.label or named.get(v, "") for v in sweep.order}
    return sweep, {v: name for v, name in named.items() if name and v is not root}


def test_every_mistake_of_a_gradient_is_known_to_the_page():
    root, _ = everything()
    kinds = Quiz(Sweep(root)).data()["kinds"]
    quiz_rows = {MISTAKES[row].name for kind in kinds for row, *_ in kind}
    expected = {row.name for row in MISTAKES if row.at in ("partial", "sum")}
    assert expected <= quiz_rows, expected - quiz_rows
    assert {"number for gradient", "update for gradient", "learning rate inside"} <= quiz_rows


def says(sentence, name):
    """Whether a sentence, with whatever names in it, is that of this mistake."""
    (row,) = [mistake for mistake in MISTAKES if mistake.name == name]
    fixed = re.split(r"\{\w+\}", row.sentence)
    return re.fullmatch(".*".join(map(re.escape, fixed)), sentence) is not None


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_page_names_the_mistake_that_check_names(show, graph):
    root, names = graph()
    names = {k: v for k, v in names.items() if isinstance(v, Value)}
    page = show(root, names=names)
    sweep, nodes = asked(root, names)
    quiz = Quiz(sweep).data()
    place = {node: i for i, node in enumerate(sweep.order)}
    right = {node: float(sweep.gradient[node]) for node in nodes}
    rng, each = Random(1), 6 if repeats(1) > 1 else 4
    trials = []
    for node, name in nodes.items():
        slips = quiz["kinds"][quiz["slips"][place[node]][0]]
        for k in sorted(rng.sample(range(len(slips)), min(each, len(slips)))):
            trials.append((node, name, k))
    numbers = page.evaluate(
        """trials => trials.map(([i, k]) => {
            const at = pointAt(i, session.state, session.gradient);
            return [made(slipsOf(i)[k], at), isRight(answerIn(exact(at.t)), at)];
        })""",
        [[place[node], k] for node, _, k in trials],
    )
    assert all(is_right for _, is_right in numbers)
    same = total = 0
    for (node, name, _), (number, _) in zip(trials, numbers, strict=True):
        if number is None or not math.isfinite(number) or abs(number) < 1e-9:
            continue
        others = {other: right[other] for other in nodes if other is not node}
        report = autograd.check(root, {**others, node: repr(number)}, names=names)
        (mark,) = [m for m in report.marks if m.quantity == name]
        verdict, found = page.evaluate(
            """([i, text]) => {
                const at = pointAt(i, session.state, session.gradient), answer = answerIn(text);
                return [isRight(answer, at), mistakesIn(i, answer)];
            }""",
            [place[node], repr(number)],
        )
        assert verdict == (mark.verdict != "wrong"), (name, number, mark)
        if not verdict:
            total += 1
            assert found, (name, number, mark)
            assert not any("{" in one or "undefined" in one for one in found)
            same += any(says(one, cause) for one in found[:2] for cause in mark.causes)
    assert total >= 5 and same >= 0.95 * total, (same, total)


def test_the_digits_of_an_answer_are_its_tolerance_as_in_check(show):
    page = show(worked_example()[0])
    rng = Random(0)
    texts = ["0", "1/3", "-7/2", "100", "100.0", "0.10", "1e3", "1.50e-2", "-.5", "3.", "1,25"]
    texts += ["0.000", "-0.0000", "0.00", "1570000", "25490", "-13700.0", "1e-400", "1e400"]
    texts += [f"{rng.uniform(-9, 9):.{rng.randint(0, 6)}f}" for _ in range(40)]
    texts += [
        f"{rng.uniform(-9, 9) * 10 ** rng.randint(-9, 9):.{rng.randint(0, 6)}e}" for _ in range(40)
    ]
    for text, (x, half, digits) in zip(
        texts,
        page.evaluate("ts => ts.map(answerIn).map(a => [a.x, a.half, a.digits])", texts),
        strict=True,
    ):
        expected = parsed(text, "x")
        assert x == float(expected.number) and digits == expected.digits, text
        assert math.isclose(half, expected.half, rel_tol=1e-6), text


def test_a_condition_that_a_slip_met_is_in_its_form():
    root, names = everything()
    view = _View(Sweep(root), names["h1"], {})
    assert view.form(1.0) == "1.0"
    assert view.own != 0.0 and view.total == 2.0
    assert view.form(view.own) == (
        'VALUES["not_equal"](v.x, 0.0) && VALUES["equal"](v.t, 2.0) ? v.x : NaN'
    )


def answer(page, text):
    page.fill("#answer", text)
    page.keyboard.press("Enter")
    return page.inner_text("#quiz")


def test_a_quiz_through_the_worked_example(show):
    page = show(worked_example()[0])
    page.click("role=tab[name=Quiz]")
    assert "What reaches z?" in page.inner_text("#quiz")
    hidden = [t for t in page.locator("svg text.grad").all_text_contents() if "?" in t]
    assert len(hidden) == 4 and "grad 1" in page.locator("svg text.grad").all_text_contents()
    assert "The other" not in answer(page, "3")  # right
    said = answer(page, "3")
    assert "The derivative of a product by a factor is the other factor; yours is this one" in said
    assert "Right: ∂f/∂q = -4." in answer(page, "-4.0")
    assert "“two” is no number." in answer(page, "two")
    assert "No known mistake gives this number." in answer(page, "17.3")
    page.click("#reveal")
    assert "∂f/∂x = ∂f/∂q · ∂q/∂x = -4" in page.inner_text("#quiz")
    answer(page, "-4")
    assert page.inner_text("#quiz").startswith("Right: ∂f/∂y = -4.")
    assert page.inner_text("#score") == "2 of 4 right at the first try, 1 shown."
    assert not any("?" in t for t in page.locator("svg text.grad").all_text_contents())
    page.click("#again")
    assert "What reaches z?" in page.inner_text("#quiz")
    page.click("role=tab[name=Steps]")
    assert not any("?" in t for t in page.locator("svg text.grad").all_text_contents())


def test_a_click_on_a_box_asks_for_it(show):
    page = show(worked_example()[0])
    page.click("role=tab[name=Quiz]")
    page.locator("svg .node", has=page.locator("text.name:text-is('y')")).click()
    assert "What reaches y?" in page.inner_text("#quiz")
    assert "It goes into q = x + y." in page.inner_text("#quiz")  # and what reaches q is no secret
    assert page.locator("svg .node.current text.name").text_content() == "y"


def test_secrets_are_not_in_the_table(show):
    page = show(worked_example()[0])
    page.click("role=tab[name=Quiz]")
    shown = page.eval_on_selector_all("#rows tr", "rs => rs.map(r => r.cells[3].textContent)")
    assert shown.count("?") == 4


def test_the_quiz_follows_the_leaves(show):
    page = show(worked_example()[0])
    page.click("role=tab[name=Quiz]")
    page.fill("input[aria-label='x, number']", "1/2")
    assert "Right: ∂f/∂z = 5.5." in answer(page, "5.5")


def test_four_digits_on_the_way_are_enough(show):
    E, names = mazur()
    page = show(E, names=names)
    page.click("role=tab[name=Quiz]")
    E.backward()
    rng = Random(4)
    order = topological_order(E)
    for _ in range(300):
        i = rng.randrange(len(order) - 1)
        node, digits = order[i], rng.randint(3, 6)
        if node.primitive is None or node.parents:
            text = f"{node.grad:.{digits}g}"
            assert page.evaluate(
                "([i, t]) => isRight(answerIn(t), pointAt(i, session.state, session.gradient))",
                [i, text],
            ), (i, text)


def test_nodes_of_a_network_that_are_alike_share_their_slips(show):
    model = nn.MLP(2, [16, 8, 1], activation="tanh", rng=3)
    root = (model([0.3, -0.8]) - 1.0) ** 2
    sweep, names = Sweep(root), {"model": model}
    assert 150 < len(sweep.order) < LARGEST
    assert len(Quiz(sweep).data()["kinds"]) < 30
    page = show(root, names=names)
    unit = model.layers[1].neurons[2]
    place = {node: i for i, node in enumerate(sweep.order)}
    other = next(use.child for use in sweep.uses[unit.weights[3]]).parents[16 + 4]
    number = sweep.gradient[unit.weights[3]] / sweep.uses[unit.weights[3]][0].partial * other.data
    (said,) = page.evaluate(
        "([i, t]) => mistakesIn(i, answerIn(t))", [place[unit.weights[3]], f"{number:.6g}"]
    )
    name = page.evaluate("i => nodes[i].short", place[other])
    assert says(said, "a neighbour's factor") and f"than by {name}:" in said
    assert said.startswith("l1·n2·w3 is") and len(said) < 200


def test_large_graphs_are_judged_without_names_of_mistakes(show):
    x = Value(1.0, "x")
    y = x
    for _ in range(LARGEST):
        y = y * 1.01
    page = stepper(y).html
    assert graph_in(page)["quiz"]["unknown"] == ""
    opened = show(y)
    opened.click("role=tab[name=Quiz]")
    assert "Try again." in answer(opened, "7")
    assert "Right" in answer(opened, "1.01")
