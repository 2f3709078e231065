"""explain: the chain rule with numbers, its formulas and its names."""

import gc
import math
import re
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from networks import mazur
from random_programs import RandomProgram
from repeats import repeats
from samples import SAMPLES, moderate

import autograd
import nn
from autograd import Value, explain
from autograd.custom import CustomPrimitive
from autograd.engine.primitive import TABLE, Primitive
from autograd.pictures.stepper import stepper
from autograd.words import formula
from autograd.words.formula import Formula
from autograd.words.latex import LATEX, name_in_latex
from autograd.words.text import latex, visible


def lines(explanation):
    """The lines of an explanation, blanks between its columns left out."""
    return [re.sub(" {2,}", "   ", line) for line in str(explanation).splitlines()]


def test_worked_example_1():
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    assert lines(explain(f, names=locals())) == [
        "f = q * z = -12   ∂f/∂f = 1",
        "q = x + y = 3   ∂f/∂q = ∂f/∂f × z = 1 × (-4) = -4",
        "x = -2   ∂f/∂x = ∂f/∂q × 1 = -4 × 1 = -4",
        "y = 5   ∂f/∂y = ∂f/∂q × 1 = -4 × 1 = -4",
        "z = -4   ∂f/∂z = ∂f/∂f × q = 1 × 3 = 3",
    ]


def test_mazurs_network_reads_as_the_worked_example():
    E, names = mazur()
    explained = lines(explain(E, names=names, fold=True, fmt=".9g"))
    for line in (
        "E = E_o1 + E_o2 = 0.298371109   ∂E/∂E = 1",
        "E_o1 = 0.5 * (0.01 - out_o1) ** 2 = 0.274811083   ∂E/∂E_o1 = ∂E/∂E × 1 = 1 × 1 = 1",
        "out_o1 = sigmoid(net_o1) = 0.75136507   "
        "∂E/∂out_o1 = ∂E/∂E_o1 × (-(0.01 - out_o1)) = 1 × 0.74136507 = 0.74136507",
        "net_o1 = w5 * out_h1 + w6 * out_h2 + b2 = 1.10590597   ∂E/∂net_o1 = "
        "∂E/∂out_o1 × (out_o1 * (1 - out_o1)) = 0.74136507 × 0.186815602 = 0.138498562",
        "w5 = 0.4   ∂E/∂w5 = ∂E/∂net_o1 × out_h1 = 0.138498562 × 0.593269992 = 0.0821670406",
        "out_h1 = sigmoid(net_h1) = 0.593269992   ∂E/∂out_h1 = ∂E/∂net_o1 × w5 + ∂E/∂net_o2 × w7 "
        "= 0.138498562 × 0.4 + (-0.0380982365 × 0.5) = 0.0553994247 + (-0.0190491183) "
        "= 0.0363503064",
        "w1 = 0.15   ∂E/∂w1 = ∂E/∂net_h1 × i1 = 0.00877135469 × 0.05 = 0.000438567734",
    ):
        assert line in explained
    assert len(explained) == 1 + 2 + 4 + 4 + 8 + 2 + 2  # E, errors, outs, nets, w, b, i


def test_without_folding_every_node_but_constants_has_a_line():
    E, names = mazur()
    explained = explain(E, names=names)
    assert len(explained) == len(str(explained).splitlines()) == 39


def test_contributions_of_a_value_used_more_than_once_add_up():
    a = Value(3.0, "a")
    b = a * a + a
    assert lines(explain(b, names=locals())) == [
        "b = v1 + a = 12   ∂b/∂b = 1",
        "v1 = a * a = 9   ∂b/∂v1 = ∂b/∂b × 1 = 1 × 1 = 1",
        "a = 3   ∂b/∂a = ∂b/∂v1 × a + ∂b/∂v1 × a + ∂b/∂b × 1 = 1 × 3 + 1 × 3 + 1 × 1 "
        "= 3 + 3 + 1 = 7",
    ]


def test_of_many_contributions_the_first_are_shown():
    w = Value(2.0, "w")
    total = sum((w * i for i in range(1, 101)), Value(0.0, "start"))
    (line,) = (line for line in lines(explain(total)) if line.startswith("w = "))
    assert line.count("… (95 more)") == 3 and line.endswith("= 5050")


def test_of_many_inputs_the_first_are_shown():
    xs = [Value(float(i), f"x{i}") for i in range(100)]
    ws = [Value(1.0, f"w{i}") for i in range(100)]
    total = autograd.dot(ws, xs)
    first, *_ = lines(explain(total))
    assert first.startswith("v1 = w0 * x0 + w1 * x1 + w2 * x2 + … = 4950")
    (line,) = (line for line in lines(explain(total)) if line.startswith("x7 = "))
    assert line == "x7 = 7   ∂v1/∂x7 = ∂v1/∂v1 × w7 = 1 × 1 = 1"


@pytest.mark.parametrize("name", TABLE)
def test_every_rule_that_is_shown_equals_the_partial(name):
    row, rng = TABLE[name], Random(0)
    for _ in range(20):
        point = moderate(name, rng) if name in SAMPLES else (0.5,)
        out = row.value(*point)
        partials = row.partials(out, *point)
        names = formula.symbols(len(point))
        rules = formula.rules(row, Formula("out"), list(map(Formula, names)))
        assert len(rules) == len(partials)
        assert all(formula.holds(row, out, point, partials))
        numbers = dict(zip(names, point, strict=True))
        for rule, partial in zip(rules, partials, strict=True):
            value = eval(formula.text(rule), {**TABLE, "pi": math.pi, **numbers, "out": out})
            assert value == pytest.approx(partial, rel=1e-12, abs=1e-300)
            assert LATEX.write(rule)


def test_fractions_in_formulas_are_exact():
    a = Value(Fraction(1, 3), "a")
    b = a * Fraction(-2, 9) - Fraction(1, 7)
    assert lines(explain(b, names={"b": b})) == [
        "b = v1 - 1/7 = -41/189   ∂b/∂b = 1",
        "v1 = a * (-2/9) = -2/27   ∂b/∂v1 = ∂b/∂b × 1 = 1 × 1 = 1",
        "a = 1/3   ∂b/∂a = ∂b/∂v1 × (-2/9) = 1 × (-2/9) = -2/9",
    ]
    assert str(explain(a * Fraction(6, 2))).startswith("v1 = a * 3 = 1 ")
    shown = explain(b, fold=True)._repr_markdown_()
    assert r"= a \cdot \left(-\frac{2}{9}\right) - \frac{1}{7} = " in shown
    page = stepper(a - Fraction(1, 7)).html
    assert '"expression":[1," - 1/7"]' in page
    long = (a * Fraction(10**300, 3**1000)).exp()
    assert "= a * 7.5639e-178 = " in str(explain(long))


def test_gradients_are_those_of_backward_and_the_graph_is_left_alone():
    rng = Random(1)
    for _ in range(60):
        xs = [rng.uniform(-1, 1) for _ in range(3)]
        program = RandomProgram(rng, [xs])
        values = [Value(x, f"x{i}") for i, x in enumerate(xs)]
        root = program(values)
        explained = {fold: list(explain(root, fold=fold)) for fold in (False, True)}
        assert all(v.grad == 0.0 for v in values)
        root.backward()
        for found in explained.values():
            by_name = {line.name: line for line in found}
            for x in (v for v in values if v.label in by_name):
                assert by_name[x.label].gradient == x.grad
            for line in found[1:]:
                total = sum(c.product for c in line.contributions)
                assert total == pytest.approx(line.gradient, rel=1e-9, abs=1e-12)


def test_a_later_change_of_the_leaves_is_not_seen():
    x = Value(2.0, "x")
    explained = explain(x * x)
    before = str(explained)
    x.data, x.label = 5.0, "other"
    assert str(explained) == before


def test_names_from_a_mapping_labels_first():
    w = [Value(1.0), Value(2.0, "second")]
    d = {"a": Value(3.0)}
    _hidden = v1 = w[0] * w[1] + d["a"]
    names = {"_": v1, "w": w, "d": d, "n": 3, "module": math, "text": "x"}
    assert [line.name for line in explain(v1, names=names)] == [
        "v2",
        "v1",
        "w[0]",
        "second",
        "d['a']",
    ]


def test_two_nodes_of_one_label_are_told_apart():
    a, b = Value(1.0, "w"), Value(2.0, "w")
    assert [line.name for line in explain(b * a)] == ["v1", "w (2)", "w"]


def test_infinities_and_nan():
    x = Value(0.0, "x")
    text = str(explain(x.log() * x))
    assert "-inf" in text and "nan" in text
    assert r"\infty" in explain(x.log())._repr_markdown_()


def test_in_jupyter_it_is_one_aligned_formula():
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    shown = explain(f, names=locals())._repr_markdown_()
    assert shown.startswith("$$\n\\begin{aligned}\n") and shown.endswith("\\end{aligned}\n$$")
    assert (
        r"q = x + y = 3 &\qquad \frac{\partial f}{\partial q} = \frac{\partial f}{\partial f} "
        r"\cdot z = 1 \cdot \left(-4\right) = -4" in shown
    )


def test_a_long_explanation_is_cut_in_jupyter_only():
    x = Value(1.0)
    for _ in range(2000):
        x = x + 1
    explained = explain(x)
    assert explained._repr_markdown_().endswith(
        "1501 more lines: print the explanation to read them."
    )
    assert len(str(explained).splitlines()) == len(explained) == 2001


@pytest.mark.exhaustive
def test_a_deep_graph_needs_no_recursion():
    x = Value(1.0)
    for _ in range(3_000):  # three times the recursion limit
        x = x * 1.0
    for fold in (False, True):
        explained = explain(x, fold=fold)
        assert len(str(explained).splitlines()) == len(explained)
    del explained, x
    gc.collect()


def test_what_is_not_a_value_or_a_format_is_refused():
    with pytest.raises(TypeError, match="pass the Value at the root"):
        explain(3.0)
    with pytest.raises(TypeError, match="`names` must be a mapping"):
        explain(Value(1.0), names=["x"])
    with pytest.raises(ValueError, match="`fmt` must format a number"):
        explain(Value(1.0), fmt="no")
    with pytest.raises(ValueError, match=r"got '\.999999999f': more than 100 characters"):
        explain(Value(1.0), fmt=".999999999f")


@given(st.text(max_size=50))
@example("pi")
@example("pi_2")
@settings(max_examples=repeats(100), deadline=None)
def test_a_name_is_text_in_the_formula_whatever_it_holds(label):
    shown = name_in_latex(label)
    assert shown.count("{") == shown.count("}") and not set(shown) & set("$%#&~<>`\n")
    assert set(re.findall(r"\\\w*", shown)) <= {r"\text", r"\mathrm", r"\cdots", r"\pi"}
    assert not set(latex(label)) & set("\\$%#&_^~{}<>`\n")
    root = Value(1.0, label) * 2
    assert "<" not in explain(root)._repr_markdown_()


@given(st.text())
@settings(max_examples=repeats(100), deadline=None)
def test_what_is_visible_is_one_line_that_xml_can_hold(label):
    shown = visible(label)
    assert len(shown) <= 40 and len(shown.splitlines()) <= 1
    shown.encode()
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", shown)


def test_visible_keeps_what_can_be_read():
    assert visible("w_1 <b>é שלום</b>") == "w_1 <b>é שלום</b>"
    assert visible("two\nlines\t") == "two␊lines␉"
    assert visible("x" * 10_000) == "x" * 39 + "…"
    assert visible("a\u202eb\ud800\x00") == "a�b�␀"


def test_no_name_changes_the_structure_of_a_formula():
    product = formula.operation(TABLE["*"], [Formula("a + b"), Formula(") ** (")])
    assert LATEX.write(product) == r"\text{a + b} \cdot \text{) ** (}"


def test_operations_are_set_as_in_a_textbook():
    x, y = Value(2.5, "x"), Value(2.0, "y")
    for root, written in (
        (abs(x), r"\left|x\right|"),
        (x.sqrt(), r"\sqrt{x}"),
        (x.cbrt(), r"\sqrt[3]{x}"),
        (autograd.maximum(x, y), r"\max\left(x, y\right)"),
        (autograd.minimum(x, y), r"\min\left(x, y\right)"),
        (x.floor(), r"\left\lfloor x \right\rfloor"),
        (x.ceil(), r"\left\lceil x \right\rceil"),
        (x // y, r"\left\lfloor\frac{x}{y}\right\rfloor"),
        (x.log2(), r"\log_2\left(x\right)"),
        (x.log10(), r"\log_{10}\left(x\right)"),
        (x.exp(), r"\exp\left(x\right)"),
        (x.softplus(), r"\operatorname{softplus}\left(x\right)"),
    ):
        assert f"= {written} =" in explain(root)._repr_markdown_()


def test_brackets_stand_where_latex_needs_them():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    for root, written in (
        ((x**2) ** 3, r"\left(x^{2}\right)^{3}"),
        ((x / y) ** 2 * 3, r"\left(\frac{x}{y}\right)^{2} \cdot 3"),
        ((x + y) * (x - y), r"\left(x + y\right) \cdot \left(x - y\right)"),
        (x - (y - x), r"x - \left(y - x\right)"),
        (1e20 * y, r"1 \cdot 10^{20} \cdot y"),
    ):
        assert f"= {written} =" in explain(root, fold=True)._repr_markdown_()
    assert "\\text{600\uff05}" in explain(x * y, fmt=".0%")._repr_markdown_()


def test_wide_lines_and_a_constant_alone_are_shown():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert len(str(explain(x * y, fmt=".70f")).splitlines()) == 3
    assert str(explain((x * 3).parents[1])) == "3 = 3   ∂3/∂3 = 1"


def test_folding_stops_where_the_product_of_partials_would_leave_the_floats():
    x = Value(2.0, "x")
    for root in (x * 1e-200 * 1e-200 * 1e200 * 1e200, x * 1e200 * 1e200 * 1e-300):
        for line in explain(root, fold=True):
            total = sum(c.upstream * c.local for c in line.contributions)
            assert line.gradient == (total if line.contributions else 1.0)


def test_a_rule_is_shown_only_where_it_gives_the_partial():
    x, z, b = Value(2.0, "x"), Value(2.0, "z"), Value(0.0, "b")
    tie = autograd.maximum(x, z)
    assert "∂v1/∂x = 1 × 0.5 = 0.5" in lines(explain(tie))[1]
    assert "∂v1/∂b = 1 × 0 = 0" in lines(explain(b**0))[1]
    z.data = 1.0
    assert "(1 if x > z else 0)" in str(explain(autograd.maximum(x, z)))


def test_rules_of_rows_that_ask_questions_are_not_shown():
    own = Primitive("own", lambda x: x, lambda x: x, lambda out, x: (2 * x if x else 7.0,))
    assert lines(explain(own(Value(0.0, "x"))))[1] == "x = 0   ∂v1/∂x = 1 × 7 = 7"
    evil = Primitive("e\n\x1b[31m", lambda x: x, lambda x: x, lambda out, x: (1.0,))
    assert "e␊␛[31m(x)" in str(explain(evil(Value(0.0, "x"))))


def test_leaves_that_changed_since_are_pointed_out():
    a, c = Value(2.0, "a"), Value(3.0, "c")
    f = a * c
    assert "have changed" not in str(explain(f))
    a.data = 100.0
    assert "Leaves have changed" in str(explain(f))
    assert "Leaves have changed" in explain(f)._repr_markdown_()


def test_a_long_dot_is_explained_in_linear_time():
    n = 5_000
    xs, ws = [Value(1.0) for _ in range(n)], [Value(2.0) for _ in range(n)]
    assert len(str(explain(autograd.dot(ws, xs))).splitlines()) == 2 * n + 1


def test_a_long_explanation_is_short_where_it_is_echoed():
    y = Value(1.0, "x")
    for _ in range(500):
        y = y * 1.001
    assert repr(explain(y)) == "<Explanation of 501 lines: print it to read them>"
    assert len(str(explain(y)).splitlines()) == 501
    (root,) = y.parents[:1]
    assert repr(explain(root)) == str(explain(root))  # 500 lines


def test_of_many_inputs_of_a_call_the_first_are_shown():
    xs = [Value(0.0, f"x{i}") for i in range(13)]
    first, *_ = lines(explain(autograd.logsumexp(xs)))
    assert first.startswith("v1 = logsumexp(x0, x1, x2, …) = 2.5649")
    assert "x11)" in lines(explain(autograd.logsumexp(xs[:12])))[0]


def test_rules_that_compare_for_equality_are_not_shown():
    own = Primitive("own", lambda x: x, lambda x: x, lambda out, x: (7.0 if x == 0 else 2 * x,))
    assert lines(explain(own(Value(3.0, "x"))))[1] == "x = 3   ∂v1/∂x = 1 × 6 = 6"
    assert lines(explain(own(Value(0.0, "x"))))[1] == "x = 0   ∂v1/∂x = 1 × 7 = 7"


def test_a_rule_that_calls_what_no_table_holds_is_not_shown():
    same = Primitive("mean", lambda x: x, lambda x: x, lambda out, x: (1.0,))
    half = Primitive("half", lambda x: x * x / 2, lambda x: x * x / 2, lambda out, x: (same(x),))
    assert lines(explain(half(Value(3.0, "x"))))[1] == "x = 3   ∂v1/∂x = 1 × 3 = 3"


def test_a_rule_by_a_slope_is_not_shown():
    given = {"scalar": math.exp, "partials": lambda out, x: (math.exp(x),)}
    own = Primitive("own", math.exp, np.exp, CustomPrimitive("inner", given, None).partials)
    assert lines(explain(own(Value(0.0, "x"))))[1] == "x = 0   ∂v1/∂x = 1 × 1 = 1"


def test_names_that_latex_cannot_take_apart():
    assert name_in_latex("…") == r"\cdots"
    assert name_in_latex("w1") == "w_{1}" and name_in_latex("w_1") == "w_{1}"
    assert name_in_latex("w1_2").startswith(r"\text{w1")


def test_numbers_whose_product_no_float_holds_stay_apart():
    x = Formula("x")
    assert formula.text(1e100 * (1e100 * x)) == "1e200 * x"
    assert formula.text(1e200 * (1e200 * x)) == "1e200 * (1e200 * x)"
    assert formula.text(1e-200 * (1e-200 * x)) == "1e-200 * (1e-200 * x)"


def test_a_model_among_the_names_gives_its_parameters_theirs():
    model = nn.MLP(1, [1], rng=0)
    f = model([2.0]) * 3.0
    lines = [line.name for line in explain(f, names={"model": model, "f": f})]
    assert lines[-2:] == ["model.layers.0.neurons.0.weights.0", "model.layers.0.neurons.0.bias"]


def test_a_models_parameters_are_known_by_their_paths():
    model = nn.MLP(2, [1], rng=0)
    model.layers[0].neurons[0].bias.label = "b"
    names = [line.name for line in explain(model([2.0, 3.0]), fold=True)]
    assert sorted(names[1:]) == [
        "b",
        "layers.0.neurons.0.weights.0",
        "layers.0.neurons.0.weights.1",
    ]
    shown = str(explain(model([2.0, 3.0])))
    assert "∂v2/∂layers.0.neurons.0.weights.1 = ∂v2/∂v1 × 3 = 1 × 3 = 3" in shown
