"""check: answers worked out by hand, their verdicts, the report, and what may be asked."""

import json
import math
from fractions import Fraction
from random import Random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, check


def product():
    """f = (x + y) z, a product and a sum."""
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    return f, {"x": x, "y": y, "z": z, "q": q, "f": f}


def verdicts(report):
    return {mark.quantity: mark.verdict for mark in report}


def test_right_answers():
    f, names = product()
    report = check(f, {"q": -4, "x": -4, "y": -4, "z": 3}, names)
    assert report and report.score == 1.0 and set(verdicts(report).values()) == {"right"}


def test_what_follows_from_a_mistake_is_carried_and_loses_no_mark():
    f, names = product()
    report = check(f, {"x": 3, "q": 3, "z": 7, "y": 3}, names)
    assert verdicts(report) == {"x": "carried", "q": "wrong", "z": "wrong", "y": "carried"}
    assert not report and report.score == 0.5
    assert report["q"].causes[0] == "own factor"
    with pytest.raises(KeyError):
        report["w"]


def test_variables_of_the_caller_and_labels_are_names():
    x, y = Value(2.0), Value(3.0, label="why")
    f = x * y
    assert check(f, {"x": 3, "why": 2, "f": 1})
    assert check(f, {"y": 2}) and check(f, {x: 3, y: 2})


def test_digits_typed_are_the_tolerance():
    x = Value(0.138499)
    f = 1.0 * x * x  # ∂f/∂x = 0.276998
    for right in ("0.277", "0.27700", "0.3", 0.277, 0.276998, "0,277", " 2.77e-1 ", "+0.277"):
        assert check(f, {x: right}), right
    for wrong in ("0.278", "0.2", 0.3, "0.2775", -0.277, "\u22120.277", 0, "0.00", "1/4"):
        assert not check(f, {x: wrong}), wrong


def test_a_zero_with_three_places_is_a_number_that_rounds_to_it():
    x = Value(0.0002)
    f = x * x  # ∂f/∂x = 0.0004
    assert check(f, {x: "0.000"}) and check(f, {x: "-0,000"})
    for wrong in ("0.0000", "0.00", "0", 0, 0.0):
        assert not check(f, {x: wrong}), wrong


def test_a_float_may_have_lost_its_zeros_and_a_whole_number_is_meant_so():
    x = Value(1.0049)
    assert check(0.5 * x * x, {x: 1.0}) and not check(0.5 * x * x, {x: 1.02})
    x = Value(101.0)
    assert not check(0.5 * x * x, {x: 100}) and not check(0.5 * x * x, {x: "100"})
    assert check(0.5 * x * x, {x: np.float32(101)}) and check(0.5 * x * x, {x: np.int64(101)})


def test_zeros_at_the_end_of_a_large_number_may_be_rounded_digits():
    x = Value(1_572_340.6)
    f = 0.5 * x * x
    for right in (1.57e6, 1_570_000, "1570000", "1.572e6", 1572300.0, "1572341", 1572340.6):
        assert check(f, {x: right}), right
    for wrong in (1.58e6, 1_567_000, "1580000", "1567000", "1570000.0", 1572341.6):
        assert not check(f, {x: wrong}), wrong


def test_fractions_are_exact():
    x, y = Value(Fraction(1, 3)), Value(Fraction(2, 7))
    f = x**2 / y
    assert check(f, {x: "7/3", y: Fraction(-49, 36)})
    assert not check(f, {y: "-48/36"}) and check(f, {x: "2.33"})


def test_infinite_and_undefined_answers():
    x = Value(0.0)
    assert check(x.log(), {x: math.inf}) and check(x.log(), {x: "inf"})
    assert not check(x.log(), {x: 1e300}) and not check(x.log(), {x: "-inf"})


@pytest.mark.parametrize(
    "answer", [math.inf, -math.inf, math.nan, "inf", "9" * 400, "1e999", 1e999]
)
def test_what_is_not_finite_is_never_a_finite_number(answer):
    f, names = product()
    for of in ("grad", "data"):
        assert verdicts(check(f, {"q": answer}, names, of=of)) == {"q": "wrong"}


def test_formulas_are_tried_at_several_points():
    x, y = Value(2.0), Value(2.0)
    f = x * x * y
    assert check(f, {"x": lambda x, y: 2 * x * y, "y": lambda x: x * x})
    report = check(f, {"x": lambda x, y: 4 * x, "y": lambda x: 2 * x})  # right at x = y = 2 only
    assert set(verdicts(report).values()) == {"wrong"}
    assert report["x"].yours == "your formula"
    f = autograd.sin(x) * y
    assert check(f, {"x": lambda x, y: y})["x"].causes == ("local derivative left out",)
    carried = check(f, {"x": lambda x, y: -y * autograd.cos(x)})
    assert carried["x"].causes[0] == "sign"


def test_a_formula_that_is_right_at_the_present_point_alone_is_told_so():
    f, names = product()
    report = check(f, {"x": lambda: -4, "y": lambda q: 3}, names)
    assert "at these numbers alone" in report["x"].note and report["x"].verdict == "wrong"
    assert "no known mistake" in report["y"].note


def test_a_formula_takes_variables_whose_labels_are_other_names():
    w = [Value(3.0, label="first"), Value(2.0)]
    f = w[0] * w[1]
    assert check(f, {"first": 2, "w[1]": 3}) and check(f, {"w[0]": 2})
    y = Value(3.0, label="why")
    f = y**2
    assert check(f, {"why": lambda y: 2 * y}) and check(f, {"y": lambda why: 2 * why})


def test_a_derivative_may_be_asked_for_by_its_symbol():
    f, names = product()
    assert check(f, {"∂f/∂q": -4, "df/dx": -4, "d f / d z": 3}, names)
    assert check(f, {"df/dx": 3}, names)["x"].verdict == "wrong"


def test_formulas_of_what_is_in_between_carry_on():
    x, y = Value(0.7), Value(1.3)
    u = x * y
    f = u**2
    report = check(
        f, {"u": lambda u: u**2, "x": lambda u, y: u**2 * y, "y": lambda u, x: 2 * u * x}
    )
    assert verdicts(report) == {"u": "wrong", "x": "carried", "y": "right"}
    assert report["u"].causes == ("f for f'",)


def test_numbers_of_the_forward_pass():
    f, names = product()
    report = check(f, {"q": 7, "f": -28}, names, of="data")
    assert verdicts(report) == {"q": "wrong", "f": "carried"}
    assert report["q"].causes == ("sign of a value",)
    assert check(f, {"q": 3, "f": "-12"}, names, of="data")


def test_partials_of_an_operation_and_of_what_has_no_name_in_between():
    x, t = Value(0.8), Value(0.3)
    s = x.sigmoid()
    E = 0.5 * (t - s) ** 2
    good = {("s", "x"): "0.2139", "E/s": 0.389974, "∂E/∂t": -0.389974, "dE/ds": "0.390"}
    assert check(E, {k: v for k, v in good.items() if k != "dE/ds"}, of="partial")
    assert check(E, {"dE/ds": "0.390"}, of="partial")
    report = check(E, {(E, s): 0.779949, (s, x): "0.3100"}, of="partial")
    assert report["∂E/∂s"].causes == ("constant factor left out",)
    assert report["∂s/∂x"].causes == ("1 - σ for σ'",)
    both = x * x
    assert check(both, {("both", "x"): 1.6}, of="partial")
    for wrong in ("s", ("s", "x", "t"), ("x", "s"), ("s", "t"), ("s", 3)):
        with pytest.raises(ValueError):
            check(E, {wrong: 1}, of="partial")


def test_numbers_after_a_step_of_the_optimiser_which_is_not_made():
    w, v = Value(0.5), Value(-0.3)
    E = (w * 2.0 + v - 1.0) ** 2
    optimizer = nn.SGD([w, v], lr=0.1, momentum=0.9)
    right = {"w": "0.62", "v": -0.24}
    assert check(E, right, optimizer=optimizer)
    assert (w.data, v.data, w.grad) == (0.5, -0.3, 0.0) and optimizer.state == [{}, {}]
    E.backward()
    optimizer.step()
    assert (w.data, v.data) == pytest.approx((0.62, -0.24))
    w.data, v.data = 0.5, -0.3
    plain = nn.SGD([w, v], lr=0.1)
    for answer, cause in (
        (0.38, "gradient added"),
        (1.7, "learning rate left out"),
        (-1.2, "gradient for update"),
        (0.12, "step for update"),
    ):
        assert check(E, {"w": answer}, optimizer=plain)["w"].causes[0] == cause


def test_structures_in_one_go():
    w = [Value(1.5), Value(-2.5)]
    rest = {"b": Value(0.5), "c": [Value(0.25)]}
    f = w[0] * w[1] * rest["b"] + rest["c"][0]
    report = check(f, {"w": [-1.25, 0.75], "rest": {"c": ["1.0"], "b": -3.75}})
    assert report and len(report) == 4
    assert verdicts(check(f, {"w": np.array([-1.25, 7])})) == {"w[0]": "right", "w[1]": "wrong"}
    for wrong in ([1], 1, "1"):
        with pytest.raises(ValueError, match="w holds 2 Values"):
            check(f, {"w": wrong})


def test_a_model_and_its_named_parameters():
    model = nn.MLP(2, [2, 1], activation="tanh", rng=Random(1))
    loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    loss.backward()
    right = {name: p.grad for name, p in model.named_parameters()}
    assert len(check(loss, {"model": right})) == 9 and check(loss, {"model": right})
    assert check(loss, {model: list(right.values())})
    assert check(loss, right, names=model)
    layer = {n: x for n, x in right.items() if n.startswith("layers.1")}
    assert check(loss, layer, dict(model.named_parameters()))
    prefix = "layers.0.neurons.0.weights"
    answers = {prefix: [right[f"{prefix}.0"], -right[f"{prefix}.1"]]}
    assert list(verdicts(check(loss, answers, model)).values()) == ["right", "wrong"]
    for wrong in ({"model": {"layer": 1}}, {"model": [1]}):
        with pytest.raises(ValueError):
            check(loss, wrong)


def test_a_value_that_leads_nowhere_has_gradient_0():
    x, y = Value(2.0), Value(3.0)
    f = x * 2
    assert check(f, {"x": 2, y: 0})
    report = check(f, {"y": 2})
    assert report["y"].causes == ("no path",) and "nothing leads from y to f" in report["y"].note


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: autograd.maximum(x, 2.0) * 3.0, 1.5),
        (lambda x: autograd.maximum(x, x) * 3.0, 3.0),
        (lambda x: autograd.minimum(2.0 * x, x + 2.0), 1.5),
        (lambda x: autograd.clip(x, 2.0, 4.0) * 2.0, 1.0),
    ],
)
def test_at_a_tie_no_other_slope_counts_as_rounded(f, slope):
    x = Value(2.0)
    root = f(x)
    assert check(root, {x: slope})
    for share in (0.0, 0.4, 0.9, 1.01, 1.4, 2.0):
        assert not check(root, {x: slope * share})


def test_a_label_in_the_graph_says_more_than_a_variable_elsewhere():
    def graph():
        x = Value(5.0, "x")
        q = x * 3
        q.label = "q"
        return q * q

    x, q, f = Value(1.0, "x"), Value(2.0), graph()
    assert check(f, {"x": 90, "q": 30}) and check(f, {"x": lambda x: 18 * x})
    assert check(f, {"∂q/∂x": 3}, of="partial")
    assert not check(f, {"x": 0}, {"x": x, "q": q})
    assert check(f, {x: 0})  # this very one


def test_a_value_that_leads_nowhere_has_its_own_number_and_is_moved_by_weight_decay():
    x, y, p = Value(2.0), Value(3.0), Value(3.0)
    f = x * 2
    z = y * f
    assert check(f, {"y": 3, z: 12, "f": 4}, of="data")
    report = check(f, {"y": 0, z: 3}, of="data", hints="answer")
    assert report.score == 0 and "nothing leads" not in str(report) and "12" in str(report)
    optimizer = nn.SGD([x, p], lr=0.1, weight_decay=0.5)
    assert check(f, {"x": 1.7, "p": 2.85}, optimizer=optimizer)
    assert not check(f, {"p": 3}, optimizer=optimizer) and not check(
        f, {"p": 0}, optimizer=optimizer
    )


def test_a_frozen_parameter_stays_in_a_step():
    model = nn.Linear(1, 1, rng=Random(0))
    optimizer = nn.SGD(model.parameters(), lr=0.1, weight_decay=0.5)
    model.requires_grad_(False)
    loss = nn.mse_loss(model([2.0]), 1.0)
    assert check(loss, {model: [p.data for p in model.parameters()]}, optimizer=optimizer)


def test_what_is_not_answered_yet_is_open_and_counts():
    f, names = product()
    report = check(f, {"q": -4, "x": ..., "y": None, "z": " "}, names)
    assert report.open == ("x", "y", "z") and not report and report.score == 0.25
    assert str(report).endswith("right\nStill to do: x, y, z.")
    assert report.to_dict()["open"] == ["x", "y", "z"]
    assert str(check(f, {"x": ...}, names)) == "no answers\nStill to do: x."
    assert check(f, {("q", "x"): ...}, names, of="partial").open == ("∂q/∂x",)
    w = [Value(1.0), Value(2.0)]
    assert check(w[0] * w[1], {"w": [2, ...]}).open == ("w[1]",)
    with pytest.raises(AssertionError, match="Still to do: x"):
        autograd.assert_gradients(f, {names["x"]: ...}, names=names)


def test_what_cancels_on_paper_is_right_although_nothing_else_is_left():
    out, x = Value(3.0).sigmoid(), Value(4.9876543)
    f = (x * out - x * 0.9526).sigmoid()  # with 4 digits, 0.9526 - 0.9526
    for right in (0, "0", "0.0000", "-0.00001"):
        assert check(f, {"x": right}), right
    assert not check(f, {"x": "0.01"}) and not check(f, {"x": "-0.001"})
    y = Value(7.0)
    g = (y * Value(3.0) - y * Value(2.999)) * 0.1  # nothing to be rounded here
    assert not check(g, {"y": 0}) and check(g, {"y": "0.0001"})
    u = x.tanh()  # 0.99990687: with 4 digits 1 - 0.9999² is 0.0002, and 1 - 1² nothing
    assert check(u, {"x": "0.0002"}) and not check(u, {"x": "0.002"})
    assert check(f.parents[0], {"root": 0}, {"root": f.parents[0]}, of="data")


def test_a_factor_without_a_name_is_called_what_it_computes():
    x, y, v, w = Value(2.0), Value(3.0), Value(0.7), Value(1.1)
    f = (v * x.tanh() + w * y.tanh()).sigmoid()
    slope = autograd.sigmoid(f.parents[0].data) * (1 - f.data)
    report = check(f, {"v": slope * math.tanh(3.0)})
    assert "a neighbour's factor" in report["v"].causes
    assert "than by tanh(y)" in report["v"].note


def test_a_step_that_was_already_made_is_spoken_of():
    x = Value(2.0)
    optimizer = nn.SGD([x], lr=0.1)
    f = x * x
    f.backward()
    optimizer.step()
    report = check(f, {"x": 1.6}, optimizer=optimizer)
    assert not report and "check before `optimizer.step()`" in report.note


def test_rounding_on_the_way_is_right():
    x, y = Value(1.2345), Value(0.98765)
    u = x - y  # 0.24685, with 4 digits 1.235 - 0.9877 = 0.2473
    f = u**3
    assert check(f, {"u": "0.1828"}).marks[0].note == ""
    rounded = check(f, {"u": "0.1835"})
    assert rounded and "rounding on the way" in rounded["u"].note
    assert not check(f, {"u": "0.1929"}) and not check(f, {"u": "0.18350000"})


def test_two_causes_are_both_named_with_a_point_where_they_differ():
    x, y = Value(2.0), Value(2.0)
    f = x * y * y
    note = check(f, {"x": 8, "y": 4})["y"]
    assert note.verdict == "wrong" and len(note.causes) > 1
    assert "; or: " in note.note and "they differ at" in note.note


@pytest.mark.parametrize("hints", ["verdict", "where", "why", "answer"])
def test_hints_decide_what_is_given_away(hints):
    f, names = product()
    report = check(f, {"q": 3, "x": 3}, names, hints=hints)
    shown = f"{report}{json.dumps(report.to_dict())}{report._repr_html_()}{vars(report)}"
    assert ("wrong" in shown) and ("on the way from f to q" in shown) == (hints == "where")
    assert ("own factor" in shown) == (hints in ("why", "answer"))
    assert ("-4" in shown) == (hints == "answer")
    assert (report["q"].right == "-4") == (hints == "answer")


def test_the_report_as_text():
    f, names = product()
    report = check(f, {"q": 3, "x": 3, "z": "3.0"}, names)
    assert str(report) == repr(report)
    assert str(report).splitlines() == [
        "1 right, 1 carried, 1 wrong",
        "quantity  yours  verdict  note",
        "q         3      wrong    the derivative of a product by a factor is the other factor; "
        "yours is this one: f = q * z",
        "x         3      carried  right from your own number above; mend that first",
        "z         3.0    right",
    ]


def test_the_report_for_graders():
    f, names = product()
    data = json.loads(json.dumps(check(f, {"q": 3, "x": 3}, names).to_dict()))
    assert (data["score"], data["right"]) == (0.5, False)
    assert data["marks"][0]["verdict"] == "wrong" and data["marks"][0]["causes"] == ["own factor"]
    assert data["marks"][1]["quantity"] == "x" and data["marks"][1]["right"] is None


def test_the_report_in_jupyter_is_escaped():
    x, y = Value(2.0, label="<b>"), Value(3.0, label="$\\sin$\n")
    page = check(x * y, {x: 2, y: "3.5"})._repr_html_()
    assert "<b>" not in page and "&lt;b&gt;" in page and "\n" not in page
    assert page.count("<tr") == 3 and "wrong" in page


def test_a_graph_whose_leaves_have_changed_says_so():
    x = Value(2.0)
    f = x * x
    x.data = 5.0
    report = check(f, {"x": 4})
    assert report and "Leaves have changed" in str(report) and "Leaves" in report._repr_html_()


def test_the_graph_stays_as_it_was():
    f, names = product()
    f.backward()
    before = [(v.data, v.grad, v.label) for v in names.values()]
    check(f, {"q": 3, "x": lambda y: y, "z": 1}, names, hints="answer")
    assert [(v.data, v.grad, v.label) for v in names.values()] == before


def test_assert_gradients_has_the_table_for_its_message():
    x, y, z = Value(-2), Value(5), Value(-4)
    f = (x + y) * z
    autograd.assert_gradients(f, x=-4, y=-4, z=3)
    autograd.assert_gradients(f, {x: -4, "z": "3"}, y=-4)
    with pytest.raises(AssertionError, match=r"2 right, 1 wrong\nquantity(.|\n)*z .*wrong"):
        autograd.assert_gradients(f, x=-4, y=-4, z=-3)
    autograd.assert_gradients(f, {f: -12}, of="data")


def test_an_empty_sheet_is_not_right():
    f, names = product()
    for report in (check(f, {}, names), check(f, {"names": {}}, {"names": []})):
        assert not report and report.score == 0.0 and str(report) == "no answers"
    with pytest.raises(AssertionError, match="no answers"):
        autograd.assert_gradients(f, {})


def test_what_is_no_answer():
    f, names = product()
    for answers, error, message in (
        ({"w": 1}, ValueError, "no Value is called 'w'.*The names are"),
        ({"xx": 1}, ValueError, "did you mean x"),
        ({"x": "a third"}, ValueError, "text such as '0.138' or '1/3'; got 'a third'"),
        ({"x": "1/0"}, ValueError, "got '1/0'"),
        ({"x": "?"}, ValueError, r"got '\?'"),
        ({"x": lambda y: None}, TypeError, "what a formula returns` must be a real number"),
        ({"X": 1}, ValueError, "did you mean x"),
        ({"df/dw": 1}, ValueError, "no Value is called 'w'"),
        ({"dq/dx": 1}, ValueError, "no Value is called 'dq/dx'"),
        ({"x": names["x"]}, TypeError, "must be a real number"),
        ({"x": lambda a: a}, ValueError, "takes `a`, which no Value"),
        ({"x": print}, ValueError, "takes `args`"),
        ({"x": f.grad == 1}, TypeError, "the answer for x is (True|False), the outcome of a comp"),
        ({"x": np.bool_(True)}, TypeError, "the answer for x is True, the outcome of a comparison"),
        ({"x": 1, names["x"]: 2}, ValueError, "two answers for x"),
        ({3: 1}, TypeError, "names or Values, got 3"),
        ([1], TypeError, "must map names or Values"),
    ):
        with pytest.raises(error, match=message):
            check(f, answers, names)
    for keywords, message in (
        ({"of": "slope"}, "`of` must be one of grad, data, partial"),
        ({"hints": "all"}, "`hints` must be one of verdict"),
    ):
        with pytest.raises(ValueError, match=message):
            check(f, {"x": 1}, names, **keywords)
    with pytest.raises(TypeError, match="Value at the root"):
        check(3.0, {"x": 1}, names)
    with pytest.raises(TypeError, match="`names` must be a mapping"):
        check(f, {"x": 1}, ["x"])
