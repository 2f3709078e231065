"""The exercises of the course: open answers, help in steps, planted mistakes named."""

import functools
import json
import math
import re
from pathlib import Path

import pytest

import autograd
import course
from autograd import Value, detect_anomaly, gradcheck, why
from course import check, progress
from course.kinds import ByHand


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Every test is a student who has not tried anything yet."""
    monkeypatch.setattr(course, "solved", set())
    monkeypatch.setattr(course, "_wrong", {})


def said(number, name, answer, hints="why"):
    """The row of the table for one answer."""
    return check(number, hints=hints, **{name: answer})[name]


def test_what_is_still_open_is_not_judged_and_raises_nothing():
    report = check("01.3", dc_da=..., passed_on_at_once=...)
    text = "Exercise 01.3. Still to do, in place of `...`: dc_da, passed_on_at_once."
    assert str(report) == text and f"<p>{text}</p>" == report._repr_html_()
    assert not report and report.score == 0.0

    def backward_pass(root): ...

    def documented(root):
        """It will do it one day."""

    assert check("01.3", dc_da="", passed_on_at_once=22).open == ("dc_da",)
    for answer in (..., None, backward_pass, documented):
        assert check("01.4", backward_pass=answer).open == ("backward_pass",)
    assert check("01.6", factors=[0.8, ..., ..., ...]).open == ("factors", "diverges_above")


def test_a_part_of_an_exercise_is_judged_and_counts():
    report = check("01.3", dc_da=10, passed_on_at_once=...)
    assert report["dc_da"].verdict == "right" and not report and report.score == 0.5
    assert not course.solved
    assert check("01.3", dc_da=10, passed_on_at_once=22) and course.solved == {"01.3"}
    assert progress() == {"01": ["01.3"]}


def test_each_wrong_attempt_opens_one_step_of_help():
    told = [str(check("01.3", dc_da=6, passed_on_at_once=22)) for _ in range(5)]
    assert "the mistake was made on the way from" in told[0] and "add up" not in told[0]
    assert "contributions add up" in told[1] and "Hint" not in told[1]
    assert [text.count("Hint: ") for text in told] == [0, 0, 1, 2, 2]
    assert "Check again for more help." in told[0] and "solution is folded" in told[4]
    assert not any("10" in text for text in told), "the right number stays hidden"


def test_hints_ask_for_a_step_at_once_and_only_answer_shows_the_right_number():
    verdict, where, why, answer = (
        str(check("01.3", hints=hints, dc_da=6)) for hints in ("verdict", "where", "why", "answer")
    )
    assert "wrong" in verdict and "mistake" not in verdict and "mistake was made" in where
    assert "add up" in why and "Hint: First dc/db" in why and "right" not in why
    assert "10" in answer and "10" not in why
    shown = check("01.3", hints="why", dc_da=6)._repr_html_()
    assert "Still to do, in place of `...`: passed_on_at_once.<br>Hint: " in shown


def test_for_graders_it_is_plain_data():
    report = check("01.1", hints="why", df_dx=5, df_dy=5, df_dz=3, used_twice="y")
    assert report.score == 0.75 and json.dumps(report.to_dict())
    assert report.to_dict()["marks"][1]["causes"] == ["use not added"]


def test_names_and_numbers_of_exercises_that_there_are_not():
    for number in ("01.9", "99.1", "", "1", 3):
        with pytest.raises((ValueError, TypeError), match=r"there is no exercise|subscriptable"):
            check(number, x=1)
    with pytest.raises(ValueError, match=r"does not ask for dc_db, but for dc_da, passed_on"):
        check("01.3", dc_db=1)
    with pytest.raises(ValueError, match="`hints` must be one of verdict"):
        check("01.3", hints="all", dc_da=1)


def test_an_answer_that_is_no_number_is_wrong_in_words():
    assert "must be a number, or text" in said("01.3", "dc_da", "ten").note
    assert "raised ZeroDivisionError" in said("01.4", "backward_pass", lambda root: 1 / 0).note


# Notebook 1


def pass_on_at_once(root):
    grads = {root: 1.0}

    def go(node):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            grads[parent] = grads.get(parent, 0.0) + grads[node] * partial
            go(parent)

    go(root)
    return grads


def without_adding(root):
    grads, order = {root: 1.0}, []

    def visit(node):
        if not any(node is seen for seen in order):
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            grads[parent] = grads[node] * partial
    return grads


def test_backward_passes_that_are_wrong_are_told_why():
    naive = said("01.4", "backward_pass", pass_on_at_once).note
    assert "in c = b + b, b = a + a, a = 1.7 it gives 6 for a" in naive
    assert "handed on from each use at once and again" in naive
    assert "add up" in said("01.4", "backward_pass", without_adding).note
    missing = said("01.4", "backward_pass", lambda root: {root: 1.0}).note
    assert "no gradient of a" in missing

    def both(node, arrived, grads):
        grads[node] = grads.get(node, 0.0) + arrived
        for parent, partial in zip(node.parents, node.partials, strict=True):
            both(parent, grads[node] * partial, grads)
        return 1

    def last(node, arrived, grads):
        grads[node] = arrived
        for parent, partial in zip(node.parents, node.partials, strict=True):
            last(parent, arrived * partial, grads)
        return 1

    assert "all that has arrived so far" in said("01.5", "along_all_paths", both).note
    assert "overwritten" in said("01.5", "along_all_paths", last).note


PLANTED = [  # exercise, name, a wrong answer, and what is said of it
    ("01.1", "df_dy", 5, "contributions add up"),
    ("01.1", "used_twice", "x", r"x is only in x \+ y"),
    ("01.2", "by_x", 4, "sign"),
    ("01.3", "dc_da", 22, "handed on from each use at once"),
    ("01.3", "passed_on_at_once", 10, "that is the right pass"),
    ("01.5", "calls_for_15_doublings", 32767, "count the first call, too"),
    ("01.6", "factors", [0.8, 0, -0.9, 1.1], "sign"),
    ("01.6", "diverges_above", 0.1, "in one step"),
    ("03.1", "dE_dw6", -0.0826676, "sign"),
    ("03.3", "dE_db2", 0.1385, "contributions add up"),
    ("03.5", "needed", "equal", "equal weights stay equal for ever"),
    ("03.6", "delta_k", 0.4518, "local derivative is left out"),
    ("04.1", "moved", ["layers.0.neurons.0.bias"], "no weight behind it"),
    ("04.3", "ratio", 4.0, "take the root"),
    ("04.4", "slope_quadratic", 0.9975, "local derivative is left out"),
    ("04.4", "slope_cross_entropy", 0.00247, "local derivative"),
    ("05.1", "w1", 0.4, "subtract it"),
    ("05.4", "dC_dw", -0.31, "factor or divisor 2 is left out"),
    ("05.4", "probability", -0.31, "asked is the probability"),
    ("06.1", "dC_ds", [0.665, 0.245, 0.090], "the target is missing"),
    ("06.2", "parameters_2", 148, "the biases count, too"),
    ("06.4", "suffers", "MLP", "never knew what is a neighbour"),
    ("07.1", "best", 0.1, "no weight can grow"),
    ("07.3", "l2_slope", -0.005, "factor n|factor 2"),
    ("07.3", "l1_slope", 0.01, "sign"),
    ("07.4", "mean", 0.46, "the answer for `m2`"),
    ("08.1", "dg_dx", "-4/25", "sign"),
    ("08.3", "mended", lambda x: x * x**0.5, "branch before the root"),
    ("08.4", "solution", 0.99985, "radians, not degrees"),
    ("08.5", "kinks", 0, "verdict is kink"),
    ("09.1", "diagnosis", "rate", "a smaller rate makes the swings slower"),
    ("09.2", "diagnosis", "saturated", "here it is exactly 0"),
    ("09.3", "loss", 17.0, "train with it, not only look"),
    ("09.4", "diagnosis", "dead", "there is no relu in it"),
    ("09.5", "loss", 4.9, "the weight has not moved: change w.data"),
    ("09.6", "diagnosis", "derivative", "gradcheck finds the gradient right"),
    ("09.7", "diagnosis", "rate", "with a smaller rate it ends at the same place"),
    ("09.8", "diagnosis", "Overflow", "it is inf times 0"),
    ("09.9", "diagnosis", "infinite slope", "the forward pass alone is nan"),
    ("09.10", "loss", 1.5, "subtract the target"),
    ("10.2", "a_name_with_qx", float("inf"), "asked is p"),
    ("10.3", "table_part", "row", "one weight for each"),
    ("10.4", "dh3_dh2", 0.9, "local derivative is left out"),
    ("11.1", "positions", [0, 1, 2], "before the others are read"),
    ("11.2", "tied_is", "mean", "contributions add up"),
    ("11.3", "p", [0.665, 0.245, 0.090], "divisor|factor|operation"),
    ("11.4", "dheard_dv", [8.808, 2.384], "wrong"),
]


@pytest.mark.parametrize(("number", "name", "answer", "sentence"), PLANTED)
def test_planted_mistakes_are_named(number, name, answer, sentence):
    report = check(number, hints="why", **{name: answer})
    assert any(mark.verdict == "wrong" and mark.causes for mark in report)
    assert re.search(sentence, str(report))


def test_every_notebook_has_exercises_whose_hints_do_not_give_away_the_code():
    for notebook in (f"{i:02}" for i in range(1, 12)):
        tasks = course.exercises(notebook)
        assert list(tasks) == [f"{notebook}.{i}" for i in range(1, len(tasks) + 1)]
        assert all(task.asked and task.hints for task in tasks.values())


def test_the_tools_name_what_the_patients_have(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib", reason="needs the `notebooks` extra")
    matplotlib.use("agg")
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda: pyplot.close("all"))
    path = Path(course.__file__).parents[1] / "09_a_clinic.py"
    clinic = {}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), clinic)
    loss_of = {k: clinic[k] for k in ("line_loss", "relu_loss", "quadratic", "two_layer_loss")}
    w1, w2, w3, w4, w5 = (clinic[f"w{i}"] for i in range(1, 6))

    assert "zero_grad" in str(why(w1, loss_of["line_loss"](w1)))
    dead = why(w2, loss_of["relu_loss"](w2, clinic["b2"], clinic["v2"]))
    assert dead.kind == "zero" and "relu is off" in dead.reasons
    assert why(w3, loss_of["quadratic"](w3, clinic["b3"])).kind == "tiny"
    cut = loss_of["two_layer_loss"](w4, clinic["v4"], clinic["two_layers"])
    assert why(w4, cut).kind == "unconnected"
    fine = why(w5, loss_of["line_loss"](w5))
    assert fine.kind == "ordinary" and w5.data == 3.0, "so the step is at fault"
    assert gradcheck(clinic["centimetre_loss"], (0.03,)), "so the rate is"
    assert not gradcheck(clinic["squash"], (0.7,), raise_exception=False)
    with pytest.raises(FloatingPointError, match="sqrt"), detect_anomaly():
        clinic["walk"](clinic["distances"], 1.0, 0.0)
    with pytest.raises(FloatingPointError, match=r"exp\(800.0\) gives inf"), detect_anomaly():
        clinic["own_cross_entropy"]([Value(500.0), Value(800.0), Value(200.0)], 0)
    scores = [Value(s) for s in clinic["start"]]
    by_hand = dict(zip(scores, clinic["gradients"](clinic["start"]), strict=True))
    report = autograd.check(autograd.logsumexp(scores) - scores[1], by_hand)
    assert report.marks[1].causes == ("p for p - y",)


def test_a_diagnosis_is_one_of_the_words():
    assert "the words are accumulated, cut, dead" in said("09.1", "diagnosis", "broken").note
    assert check("09.1", diagnosis=" Accumulated", loss=1e-9)


def test_a_value_is_an_answer_too():
    assert said("01.3", "dc_da", Value(10).data).verdict == "right"


# Notebook 2


def own_value(
    adding=True, other=True, tanh=lambda t: 1 - t * t, parents=tuple, set_to_0=True, order=None
):
    """A class like the one of the notebook, with one thing wrong."""

    def in_order(root):
        found, visited = [], set()

        def visit(node):
            if node not in visited:
                visited.add(node)
                for parent in node.parents:
                    visit(parent)
                found.append(node)

        visit(root)
        return found

    class Own:
        def __init__(self, data, parents_=(), partials=()):
            self.data, self.grad = data, 0.0
            self.parents, self.partials = parents(parents_), partials

        def __add__(self, b):
            b = b if isinstance(b, Own) else Own(b)
            return Own(self.data + b.data, (self, b), (1.0, 1.0))

        def __mul__(self, b):
            b = b if isinstance(b, Own) else Own(b)
            partials = (b.data, self.data) if other else (self.data, b.data)
            return Own(self.data * b.data, (self, b), partials)

        def __pow__(self, n):
            return Own(self.data**n, (self,), (n * self.data ** (n - 1),))

        def tanh(self):
            t = math.tanh(self.data)
            return Own(t, (self,), (tanh(t),))

        def relu(self):
            return Own(max(self.data, 0.0), (self,), (float(self.data > 0),))

        def exp(self):
            return Own(math.exp(self.data), (self,), (math.exp(self.data),))

        def log(self):
            return Own(math.log(self.data), (self,), (1 / self.data,))

        def backward(self):
            nodes = (order or in_order)(self)
            for node in nodes if set_to_0 else []:
                node.grad = 0.0
            self.grad = 1.0
            for node in reversed(nodes):
                for parent, partial in zip(node.parents, node.partials, strict=True):
                    parent.grad = (parent.grad if adding else 0.0) + node.grad * partial

        __radd__, __rmul__ = __add__, __mul__

        def __neg__(self):
            return self * -1

        def __sub__(self, b):
            return self + -(b if isinstance(b, Own) else Own(b))

        def __rsub__(self, b):
            return b + -self

        def __truediv__(self, b):
            return self * (b if isinstance(b, Own) else Own(b)) ** -1

        def __rtruediv__(self, b):
            return b * self**-1

    return Own


def breadth_first(root):
    """An order that is not topological: what is reached first stands last."""
    nodes = [root]
    for node in nodes:
        nodes += [parent for parent in dict.fromkeys(node.parents) if parent not in nodes]
    return nodes[::-1]


WHOLE = re.compile(r"The whole class</summary>\n#\n# ```python\n(.*?)# ```", re.DOTALL)


def test_the_class_of_the_notebook_has_at_most_60_lines_and_passes():
    text = (Path(course.__file__).parents[1] / "02_build_value_yourself.py").read_text("utf-8")
    code = "\n".join(line[2:] for line in WHOLE.search(text).group(1).splitlines())
    assert 40 < len([line for line in code.splitlines() if line.strip()]) <= 60
    names = {}
    exec(compile(code, "the whole class", "exec"), names)
    for number in ("02.1", "02.2", "02.4", "02.5"):
        assert check(number, Value=names["Value"])
    assert check("02.3", topological_order=names["topological_order"])
    assert check("02.5", Value=own_value()), "and so does the class that is broken below"


@pytest.mark.parametrize(
    ("number", "broken", "sentence"),
    [
        ("02.1", dict(parents=lambda parents: tuple(set(parents))), "a set holds a parent once"),
        ("02.2", dict(other=False), "the derivative of a product by a factor is the other factor"),
        ("02.4", dict(adding=False), "contributions add up; yours has only the part from"),
        ("02.4", dict(order=breadth_first), "handed on before all its contributions had come"),
        ("02.4", dict(set_to_0=False), "set all of them to 0 first"),
        ("02.5", dict(tanh=lambda t: 1 - t), "the derivative of tanh is 1 minus the square"),
    ],
)
def test_a_broken_class_is_told_what_is_broken(number, broken, sentence):
    assert sentence in said(number, "Value", own_value(**broken)).note


def test_a_wrong_order_is_told_which_node_stands_where():
    wrong = said("02.3", "topological_order", breadth_first).note
    assert "stands before its parent b: first all parents" in wrong

    def twice(root):
        return [node for parent in root.parents for node in twice(parent)] + [root]

    assert "comes in once: remember which ones" in said("02.3", "topological_order", twice).note
    inputs = said("02.3", "topological_order", lambda root: list(dict.fromkeys(root.parents)))
    assert "every node belongs in it" in inputs.note


def test_training_with_a_mistake_is_told_which():
    def train(error, weights, rate, steps, zero=True, sign=-1):
        for _ in range(steps):
            for w in weights if zero else []:
                w.grad = 0.0
            error(*weights).backward()
            for w in weights:
                w.data += sign * rate * w.grad

    assert check("02.6", train=train)
    piled = said("02.6", "train", functools.partial(train, zero=False)).note
    assert "gradients of earlier steps are still in it" in piled
    assert "against the gradient" in said("02.6", "train", functools.partial(train, sign=1)).note


def test_a_class_in_parts_is_open_until_the_part_is_there():
    class Own:
        def __init__(self, data, parents=(), partials=()): ...

    assert check("02.1", Value=Own).open and check("02.4", Value=Own).open
    assert check("02.4", Value=type("Own", (), {"__init__": lambda self, x: None})).open


def test_plots_tell_curves_apart_by_dashes_and_show_themselves(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib", reason="needs the `notebooks` extra")
    matplotlib.use("agg")
    from matplotlib import pyplot

    from course import plots

    shown = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(pyplot.gcf()))
    curves = {"3: right": [1.0, 2.0], "o: walk": ([0.0, 1.0], [3.0, 4.0]), "error": [5.0, 6.0]}
    plots.lines(curves, "epoch", "loss", grey="error", log="y", level=1.0, ylim=(0.5, 9))
    (ax,) = shown[0].axes
    lines = ax.get_lines()[:3]
    assert [line.get_label() for line in lines] == ["3: right", "walk", "error"]
    assert [line.get_marker() for line in lines] == ["None", "o", "None"]
    assert [line.get_linestyle() for line in lines] == ["-", "--", "-"]
    assert lines[0].get_xdata().tolist() == [1, 2] and lines[2].get_color() == "0.7"
    assert ax.get_yscale() == "log" and ax.get_ylim() == (0.5, 9)
    left, _ = plots.panels(2, (4, 2))
    plots.lines({"a": [1], "b": [2], "c": [3]}, ax=left, groups=2)
    assert [line.get_linestyle() for line in left.get_lines()] == ["-", "-", "--"]
    assert len(shown) == 1, "panels are shown by plots.show()"
    pyplot.close("all")


def every_part_by_hand():
    for notebook in (f"{i:02}" for i in range(1, 12)):
        for number, task in course.exercises(notebook).items():
            for part in task.parts:
                if isinstance(part, ByHand) and part.step is None:
                    yield pytest.param(number, part, id=f"{number}-{'-'.join(part.asked)}")


@pytest.mark.parametrize(("number", "part"), [*every_part_by_hand()])
def test_right_numbers_are_right_whatever_they_are_rounded_to(number, part):
    root, names = part.graph()
    root.backward()
    for digits in (3, 4, 5, 6):

        def written(value, digits=digits):
            if not isinstance(value, Value):
                return [written(item) for item in value]
            x = value.grad if part.of == "grad" else value.data
            return f"{float(x):.{digits}g}" if x != int(x) else int(x)

        answers = {name: written(names[key]) for name, key in part.keys.items()}
        report = check(number, **answers)
        assert report.marks and all(mark.verdict == "right" for mark in report), str(report)
