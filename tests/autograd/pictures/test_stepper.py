"""stepper: the page as text, and the page in a browser, its numbers beside the engine's."""

import html
import math
import re
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import mazur
from pages import assert_equal_to_the_engine, close, graph_in, picture, rebuilt, table
from random_programs import RandomProgram
from repeats import repeats
from samples import SAMPLES, moderate

import autograd
from autograd import Value, stepper
from autograd.checking.answers import parsed
from autograd.engine.graph import topological_order
from autograd.engine.primitive import TABLE, Primitive
from autograd.pictures import javascript
from autograd.pictures.graphviz_display import Drawing
from autograd.pictures.layout import layers, positions, reading_order


def worked_example():
    x, y, z = Value(-2, "x"), Value(5, "y"), Value(-4, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def chain(n):
    x = Value(1.0, "x")
    for _ in range(n):
        x = x * 1.001
    return x


# The page as text


def test_the_page_holds_the_graph():
    nodes = graph_in(stepper(worked_example()).html)["nodes"]
    by_name = {node["name"]: node for node in nodes}
    assert set(by_name) == {"x", "y", "z", "q", "f"}
    assert [nodes[i]["name"] for i in by_name["q"]["parents"]] == ["x", "y"]
    assert by_name["f"]["data"] == -12 and by_name["f"]["op"] == "*"
    assert by_name["f"]["partials"] == [-4, 3]


def test_the_page_is_whole_and_asks_for_nothing():
    page = stepper(worked_example()).html
    assert "default-src 'none'" in page and "{{" not in page
    assert re.findall(r"https?://[^\"' ]*", page) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"\b(src|href|import|fetch|XMLHttpRequest|WebSocket)\b\s*[=(]", page)


def test_a_derivative_is_stepped_through_in_the_textbooks_form():
    x = Value(0.5)
    graph = graph_in(stepper(autograd.grad(autograd.tanh)(x), names={"x": x}).html)
    assert [node["op"] for node in graph["nodes"] if node["op"]] == ["tanh", "**", "-"]
    assert "x" in [node["name"] for node in graph["nodes"]]
    page = stepper(autograd.grad(autograd.grad(autograd.sigmoid))(x)).html
    assert not any(node["op"] in ("magnitude", "copy") for node in graph_in(page)["nodes"])


def test_it_is_saved_and_framed(tmp_path):
    made = stepper(worked_example())
    path = made.save(tmp_path / "steps.html")
    assert path.read_text(encoding="utf-8") == made.html
    frame = made._repr_html_()
    assert '<iframe sandbox="allow-scripts"' in frame
    assert html.unescape(re.search('srcdoc="([^"]*)"', frame)[1]) == made.html


def test_the_graph_is_left_alone():
    f = worked_example()
    before = [(v.data, v.grad, v.label, v.parents) for v in topological_order(f)]
    stepper(f)
    assert [(v.data, v.grad, v.label, v.parents) for v in topological_order(f)] == before


def test_what_cannot_be_stepped_is_refused():
    with pytest.raises(TypeError, match="pass the Value at the root"):
        stepper([1.0])
    with pytest.raises(
        ValueError, match=r"10,001 nodes, more than `limit=2000`: step through a part"
    ):
        stepper(sum((Value(1.0) for _ in range(5000)), Value(0.0)))
    with pytest.raises(TypeError, match="`names` must be a mapping"):
        stepper(Value(1.0), names=["x"])


@given(st.text(max_size=30) | st.sampled_from(["</script>", "<!--<script>", '"}]}', "{{data}}"]))
@settings(max_examples=repeats(70), deadline=None)
def test_a_label_never_leaves_the_data(label):
    page = stepper(Value(1.0, label) * 2).html
    assert page.count("<script") == 2 and page.count("</script>") == 2 and "<!--" not in page
    assert len(graph_in(page)["nodes"]) == 3
    plain = stepper(Value(1.0, "x") * 2).html
    cut = re.compile(r'<script type="application/json".*?</script>')
    assert cut.sub("", page) == cut.sub("", plain)


def test_every_row_of_the_table_can_be_computed_by_the_page():
    for row in TABLE.values():
        assert "=>" in (code := javascript.value_of(row)) or code.isidentifier() or "Math." in code


def test_an_operation_that_the_page_does_not_know_freezes_the_numbers():
    own = Primitive("cube</script>", lambda x: x**3, lambda x: x**3, lambda out, x: (3 * x * x,))
    page = stepper(own(Value(2.0, "x"))).html
    assert graph_in(page)["frozen"] == ["cube</script>"] and page.count("</script>") == 2
    assert graph_in(page)["nodes"][1]["partials"] == [12]


# The layout


def random_parents(rng, n):
    """The parents of n nodes and of a root that all of them lead to."""
    parents = [sorted({rng.randrange(i) for _ in range(rng.randint(0, 3)) if i}) for i in range(n)]
    used = {p for ps in parents for p in ps}
    return [*parents, [i for i in range(n) if i not in used]]


def test_layers_run_from_parents_to_children_and_nodes_do_not_overlap():
    rng = Random(0)
    for _ in range(50):
        parents = random_parents(rng, rng.randint(1, 60))
        layer, height = positions(parents)
        assert layer == layers(parents) and min(height) == 0
        assert all(layer[p] < layer[i] for i, ps in enumerate(parents) for p in ps)
        for where in set(layer):
            row = sorted(h for h, at in zip(height, layer, strict=True) if at == where)
            assert all(b - a > 1 - 1e-9 for a, b in pairwise(row))


def test_nodes_come_in_the_order_of_reading():
    #  0: x   1: y   2: x + y   3: z   4: (x + y) * z
    parents = [[], [], [0, 1], [], [2, 3]]
    assert reading_order(parents) == [4, 2, 0, 1, 3]
    layer, height = positions(parents)
    assert layer == [0, 0, 1, 1, 2] and height[0] < height[1] and height[2] < height[3]


def test_a_chain_is_drawn_in_one_line():
    root = chain(50)
    order = topological_order(root)
    number = {node: i for i, node in enumerate(order)}
    _, height = positions([[number[p] for p in node.parents] for node in order])
    line = [height[number[v]] for v in order if v.parents]
    assert max(line) - min(line) < 1


# The page in a browser


def test_stepping_through_the_worked_example(show):
    page = show(worked_example())

    def text():
        return page.inner_text("#panel")

    assert "The leaves are given" in text() and page.inner_text("#count") == "0 of 5"
    assert table(page)["q"] == (None, None) and table(page)["x"] == (-2, None)
    page.click("#next")
    assert "Forward, 1 of 2: q" in text() and "= -2" not in text() and "(-2) + 5" in text()
    assert table(page)["q"] == (3, None) and table(page)["f"] == (None, None)
    page.click("#next")
    assert "3 * (-4)" in text() and table(page)["f"] == (-12, None)
    page.click("#next")
    assert "∂f/∂f = 1" in text() and table(page)["f"] == (-12, 1)
    page.click("#next")
    assert "local ∂f/∂q = z = -4" in text()
    assert "total ∂f/∂q = ∂f/∂f · ∂f/∂q = 1 × (-4) = -4" in text()
    assert table(page)["q"] == (3, -4) and table(page)["z"] == (-4, 3)
    assert table(page)["x"] == (-2, None)
    page.click("#next")
    assert "total ∂f/∂x = ∂f/∂q · ∂q/∂x = (-4) × 1 = -4" in text() and page.is_disabled("#next")
    expected = {"x": (-2, -4), "y": (5, -4), "z": (-4, 3), "q": (3, -4), "f": (-12, 1)}
    assert table(page) == expected
    shown = {name: tuple(map(float, pair)) for name, pair in picture(page).items()}
    assert shown == expected
    page.click("#back")
    assert table(page)["x"] == (-2, None)
    page.click("#first")
    assert page.inner_text("#count") == "0 of 5" and page.is_disabled("#back")


def test_the_current_node_and_its_edges_are_marked_by_more_than_colour(show):
    page = show(worked_example())
    page.click("#half")
    marked = "gs => gs.map(g => g.querySelector('.name').textContent)"
    assert page.eval_on_selector_all("svg .node.current", marked) == ["f"]
    assert page.locator("svg path.current").count() == 2
    assert page.locator("svg path.backward").count() == 0
    marker = page.locator("svg .node.current .marker")
    assert marker.evaluate("m => getComputedStyle(m).visibility") == "visible"
    page.click("#last")
    assert page.eval_on_selector_all("svg .node.current", marked) == ["q"]
    dashes = "p => getComputedStyle(p).strokeDasharray"
    assert page.locator("svg path.backward").first.evaluate(dashes) != "none"


def test_the_keyboard_is_enough(show):
    page = show(worked_example())
    for key, count in (
        *(("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 5), ("Home", 0)),
        *(("f", 2), ("End", 5)),
    ):
        page.keyboard.press(key)
        assert page.inner_text("#count") == f"{count} of 5"
    page.focus("#first")
    page.keyboard.press("Enter")
    assert page.inner_text("#count") == "0 of 5"
    page.focus("#position")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#count") == "1 of 5"
    field = page.locator("input[aria-label='x, number']")
    field.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    assert field.input_value() == "2" and page.inner_text("#count") == "1 of 5"
    assert table(page)["q"] == (7, None)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"first", "next", "play", "position", "fit", "picture", "reset", "SUMMARY"} <= reached


def test_playing_and_pausing(show):
    page = show(worked_example())
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.locator("#count", has_text="2 of 5").wait_for()
    page.keyboard.press(" ")
    assert page.get_attribute("#play", "aria-pressed") == "false"


def test_dragging_the_slider_of_steps(show):
    page = show(worked_example())
    box = page.locator("#position").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert page.inner_text("#count") == "5 of 5" and table(page)["x"] == (-2, -4)


def test_typing_and_dragging_leaves_of_mazurs_network(show):
    E, names = mazur()
    page = show(E, names=names)
    assert_equal_to_the_engine(page, E)
    page.fill("input[aria-label='w5, number']", "1.25e-1")
    page.fill("input[aria-label='i2, number']", "-3")
    box = page.locator("input[aria-label='w1, slider']").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    w1 = float(page.input_value("input[aria-label='w1, number']"))
    assert w1 > 0.5 and table(page)["w1"][0] == w1

    leaves = {"w5": 0.125, "i2": -3.0, "w1": w1}
    for name, data in leaves.items():
        names[name].data = data
    assert_equal_to_the_engine(page, rebuilt(E))
    page.click("#reset")
    assert table(page)["w5"][0] == 0.4 and table(page)["E"][0] == pytest.approx(0.298371109)


def test_what_is_no_number_is_marked_and_changes_nothing(show):
    page = show(worked_example())
    page.click("#last")
    before = table(page)
    for wrong in ("", "two", "1e", "1,2.5", "0x10", "1/0", "1/2/3", "/2", "--1"):
        page.fill("input[aria-label='x, number']", wrong)
        assert page.get_attribute("input[aria-label='x, number']", "aria-invalid") == "true"
        assert table(page) == before
    page.fill("input[aria-label='x, number']", " inf ")
    assert table(page)["q"] == (math.inf, -4) and table(page)["f"][0] == -math.inf


def test_values_and_partials_of_every_row_equal_the_engines(show):
    grid = (
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        5e-324,
        -5e-324,
        1e300,
        -1e300,
        math.inf,
        -math.inf,
        math.nan,
    )
    rng = Random(0)
    root = Value(0.0)
    cases = []
    for name, row in TABLE.items():
        points = [moderate(name, rng) for _ in range(100)] if name in SAMPLES else [(0.5,)]
        count = len(points[0])
        points += [p for p in product(grid, repeat=count)] if count <= 2 else []
        made = row(*[Value(x) for x in points[0]])
        made.label = name  # a link without a name is left out
        root = root + made
        cases += [(name, point) for point in points]
    page = show(root)
    found = page.evaluate(
        """cases => cases.map(([name, point]) => {
            const x = point.map(decode), out = VALUES[name](...x);
            return [out, ...PARTIALS[`${name}/${x.length}`](out, x)].map(exact);
        })""",
        [[name, [x if math.isfinite(x) else repr(x) for x in point]] for name, point in cases],
    )
    wrong = []
    for (name, point), numbers in zip(cases, found, strict=True):
        row = TABLE[name]
        with autograd.no_grad():
            out = row.value(*point)
        node = row(*map(Value, point))
        expected = (out, *node.partials)
        pairs = zip(map(float, numbers), expected, strict=True)
        wrong += [(name, point, a, b) for a, b in pairs if not close(a, b)]
    assert not wrong, wrong[:10]


def test_random_graphs_over_all_primitives_follow_their_leaves(show):
    rng = Random(2)
    for _ in range(repeats(8)):
        rows = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(2)]
        program = RandomProgram(rng, rows)
        xs = [Value(x, f"x{i}") for i, x in enumerate(rows[0])]
        root = program(xs)
        page = show(root)
        assert_equal_to_the_engine(page, root)
        shown = table(page)
        for x, data in zip(xs, rows[1], strict=True):
            if x.label in shown:
                x.data = data
                page.fill(f"input[aria-label='{x.label}, number']", repr(data))
        assert_equal_to_the_engine(page, rebuilt(root))


def test_a_graph_of_a_thousand_nodes(show):
    root = chain(600)
    page = show(root)
    page.keyboard.press("End")
    assert page.inner_text("#count") == "1201 of 1201"
    page.keyboard.press("ArrowLeft")
    page.fill("input[aria-label='x, number']", "2")
    page.keyboard.press("Escape")
    assert_equal_to_the_engine(page, chain_from(2.0, 600))
    page.click("#fit")
    page.click("#larger")
    assert page.locator("svg").get_attribute("width") is not None


def chain_from(start, n):
    x = Value(start)
    for _ in range(n):
        x = x * 1.001
    return x


def test_a_formula_stands_only_where_it_gives_the_partial(show):
    x, z = Value(2.0, "x"), Value(2.0, "z")
    page = show(autograd.maximum(x, z))
    page.click("#last")
    assert "local ∂v1/∂x = 0.5" in page.inner_text("#panel")
    page.fill("input[aria-label='z, number']", "1")
    assert "1 if x > z else 0 = 1 if 2 > 1 else 0 = 1" in page.inner_text("#panel")
    page = show(Value(20.0, "x").tanh())
    page.click("#last")
    assert "local ∂v1/∂x = 1 - v1 ** 2 = 1.6993e-17" in page.inner_text("#panel")


def test_a_wrong_entry_says_so_in_words(show):
    page = show(worked_example())
    field = "input[aria-label='x, number']"
    for wrong, word in (
        *(("two", "“two” is no number. Write -3, 0.25, 1/3 or 2e-3. x stays -2."),),
        *(("", "Type a number. x stays -2."), ("1/0", "Nothing can be divided by 0. x stays -2.")),
    ):
        page.fill(field, wrong)
        assert page.inner_text("[data-leaf] .problem:visible") == word
    page.fill(field, "1/3")
    assert page.locator("[data-leaf] .problem:visible").count() == 0
    assert page.get_attribute(field, "aria-invalid") is None


def test_entries_are_read_as_answers_to_check_are(show):
    page = show(worked_example())
    for text in ("1/3", "-7/2", "+1 / 4", "1,5", "\u22122.5", "1e-3", ".5", "3.", "inf", "-inf"):
        expected = float(parsed(text, "x").number)
        page.fill("input[aria-label='x, number']", text)
        assert table(page)["x"][0] == expected, text


def test_sliders_have_ends_and_write_few_digits(show):
    page = show(worked_example())
    slider = page.locator("input[aria-label='x, slider']")
    ends = page.locator("[data-leaf] .ends").first
    assert ends.inner_text().split() == ["-6", "2"]
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.input_value("input[aria-label='x, number']") == "-1.97"
    assert table(page)["x"][0] == -1.97
    page.keyboard.press("End")
    assert table(page)["x"][0] == 2


def test_the_page_says_what_it_shows(show):
    page = show(worked_example())
    assert page.title() == "f, step by step"
    assert page.inner_text("h1") == "Backpropagation through f, step by step"
    assert page.inner_text("#formulas") == "f = (x + y) * z"
    legend = page.inner_text("#legend").split("\n")
    assert {"leaf", "constant", "operation", "◆this step"} <= set(legend)
    E, names = mazur()
    page = show(E, names=names)
    page.click("#formulas summary")
    written = page.inner_text("#formulas").split("\n")
    assert written[0] == "E = E_o1 + E_o2"
    assert "net_h1 = w1 * i1 + w2 * i2 + b1" in written and "out_h1 = sigmoid(net_h1)" in written


def test_a_factor_of_0_is_written_in_the_expression(show):
    page = show(Value(0.0, "a") * Value(2.0, "b") + 1)
    assert page.inner_text("#formulas") == "v2 = a * b + 1"


def box(page, name):
    return page.locator("svg .node", has=page.locator(f"text.name:text-is('{name}')"))


def test_a_click_on_a_box_or_its_operation_goes_to_its_step(show):
    page = show(worked_example())
    box(page, "q").locator("rect").click()
    assert page.inner_text("#count") == "1 of 5"
    box(page, "q").locator("ellipse").click()
    assert page.inner_text("#count") == "5 of 5"  # there already: the other of its two steps
    box(page, "f").locator("ellipse").click()
    assert page.inner_text("#count") == "4 of 5"
    box(page, "z").click()
    assert page.inner_text("#count") == "4 of 5"  # its gradient has come from f
    box(page, "y").click()
    assert page.inner_text("#count") == "5 of 5"
    page.click("#first")
    box(page, "f").focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#count") == "2 of 5"


def test_hovering_shows_the_formula(show):
    page = show(worked_example())
    tip = page.locator("#tip")
    assert tip.is_hidden()
    box(page, "q").hover()
    assert tip.inner_text() == "q = x + y"
    page.click("#half")
    box(page, "q").hover()
    assert tip.inner_text().split("\n\n") == ["q = x + y", "= (-2) + 5 = 3"]
    page.click("#last")
    box(page, "x").focus()
    assert tip.inner_text().split("\n\n") == ["x = -2", "total ∂f/∂x = ∂f/∂q · ∂q/∂x = -4"]
    page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_contributions_of_several_uses_are_added_up_in_words(show):
    x, y = Value(3.0, "x"), Value(2.0, "y")
    p = x * y
    p.label = "p"
    f = p + x
    f.label = "f"
    page = show(f)
    page.click("#last")
    panel = page.inner_text("#panel")
    assert "part through p: ∂f/∂p · ∂p/∂x = 1 × 2 = 2" in panel
    assert "total ∂f/∂x = 1 + 2 = 3" in panel
    page.click("#back")
    assert "total ∂f/∂x so far, 1 of 2 parts, = 1" in page.inner_text("#panel")


def test_playing_has_a_speed_and_starts_anew_at_the_end(show):
    page = show(worked_example())
    page.select_option("#speed", "10")
    page.click("#last")
    count = page.evaluate("""() => {
        document.querySelector("#play").click();  // and before a timer runs
        return document.querySelector("#count").textContent;
    }""")
    assert count in ("0 of 5", "1 of 5")
    page.locator("#play[aria-pressed=false]").wait_for()
    assert page.inner_text("#count") == "5 of 5"


# Update and nudge


def test_an_update_moves_the_leaves_against_their_gradients(show):
    E, names = mazur()
    page = show(E, names=names)
    page.click("role=tab[name=Update]")
    page.fill("input[aria-label='learning rate η']", "1/2")
    for name in ("i1", "i2"):
        page.uncheck(f"input[aria-label='{name} moves in an update']")
    still = {names["i1"], names["i2"]}
    results = [E.data]
    for _ in range(3):
        page.click("#one-step")
        E = stepped(E, 0.5, still)
        results.append(E.data)
        assert_equal_to_the_engine(page, E)
    shown = page.inner_text("#updated")
    assert "After 3 steps: E = 0.25" in shown and results[3] < results[2] < results[0]
    assert page.get_attribute("#updated svg", "aria-label").startswith(
        "E over the steps, from 0.298"
    )
    page.click("#ten-steps")
    for _ in range(10):
        E = stepped(E, 0.5, still)
    assert_equal_to_the_engine(page, E)
    assert len(page.get_attribute("#updated polyline", "points").split()) == 14
    page.click("#restart")
    assert table(page)["w5"][0] == 0.4
    assert "before the first step" in page.inner_text("#updated")


def stepped(root, rate, still=()):
    """The graph after a step of gradient descent."""
    order = topological_order(root)
    for node in order:
        node.grad = 0.0
    root.backward()
    for node in order:
        if not node.parents and node.primitive is None and node not in still:
            node.data -= rate * node.grad
    return rebuilt(root)


def test_the_step_is_written_out_before_it_is_made(show):
    page = show(worked_example())
    page.click("role=tab[name=Update]")
    shown = page.inner_text("#next-update")
    assert "x ← -2 - 0.1 × (-4) = -1.6" in shown and "z ← -4 - 0.1 × 3 = -4.3" in shown
    page.uncheck("input[aria-label='z moves in an update']")
    assert "z ←" not in page.inner_text("#next-update")
    page.fill("input[aria-label='learning rate η']", "abc")
    assert page.inner_text("#update .problem:visible") == (
        "“abc” is no number. Write -3, 0.25, 1/3 or 2e-3."
    )


def test_steps_that_are_too_long_are_called_so(show):
    page = show(Value(3.0, "x") ** 2)
    page.click("role=tab[name=Update]")
    page.fill("input[aria-label='learning rate η']", "1.5")
    page.click("#one-step")
    assert "v1 has grown: the step was too long. Take a smaller η." in page.inner_text("#updated")


def test_playing_an_update_goes_round(show):
    page = show(worked_example())
    page.click("role=tab[name=Update]")
    page.select_option("#speed", "10")
    page.click("#play")
    page.locator("#updated", has_text="After 2 steps").wait_for()
    page.click("#play")
    assert page.get_attribute("#play", "aria-pressed") == "false"
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    count = int(re.search(r"After (\d+) steps", page.inner_text("#updated"))[1])
    f = (x + y) * z
    for _ in range(count):  # a busy machine makes some more before the pause
        f = stepped(f, 0.1)
    page.click("role=tab[name=Steps]")
    assert_equal_to_the_engine(page, f)


def test_a_nudge_compares_the_change_with_the_slope(show):
    page = show(worked_example())
    page.click("role=tab[name=Nudge]")
    shown = page.inner_text("#nudge-result")
    assert "x: -2 → -1.9" in shown and "f changes by -0.4." in shown
    assert "∂f/∂x × 0.1 = (-4) × 0.1 = -0.4." in shown and "a straight line in x" in shown
    E, names = mazur()
    page = show(E, names=names)
    page.click("role=tab[name=Nudge]")
    E.backward()
    for name, by in (("w5", 0.1), ("b1", -0.25), ("out_h1", 0.5), ("net_o2", 1.0)):
        page.select_option("#nudged", label=name)
        page.fill("input[aria-label='by how much']", str(by))
        node = names[name]
        new = {}
        for v in topological_order(E):
            new[v] = v.primitive(*[new[p] for p in v.parents]) if v.parents else v
            if v is node:
                new[v] = Value(v.data + by)
        change = float(page.get_attribute("#nudge-change", "data-value"))
        assert close(change, new[E].data - E.data) or abs(change - new[E].data + E.data) < 1e-14
        predicted = float(page.get_attribute("#nudge-predicted", "data-value"))
        assert close(predicted, node.grad * by)
        assert "E is curved" in page.inner_text("#nudge-result")


def test_tabs_are_reached_by_the_keyboard(show):
    page = show(worked_example())
    page.focus("role=tab[name=Steps]")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#update") and page.is_hidden("#panel")
    assert page.evaluate("document.activeElement.textContent") == "Update"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "After 1 step" in page.inner_text("#updated")
    page.focus("role=tab[name=Update]")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.is_visible("#quiz")


def test_odd_words_are_no_numbers_and_huge_leaves_have_a_slider(show):
    page = show(Value(1e308, "h") * 2)
    for wrong in ("constructor", "__proto__", "toString"):
        page.fill("input[aria-label='h, number']", wrong)
        assert page.get_attribute("input[aria-label='h, number']", "aria-invalid") == "true"
    slider = page.locator("input[aria-label='h, slider']")
    assert slider.evaluate("s => [s.min, s.max].every(x => Number.isFinite(Number(x)))")
    page.fill("input[aria-label='h, number']", "+nan")
    assert math.isnan(table(page)["h"][0])


def test_the_current_node_stays_in_view(show):
    page = show(chain(25))
    page.keyboard.press("End")
    inside = """() => {
        const frame = document.getElementById("picture").getBoundingClientRect();
        const box = document.querySelector(".node.current rect").getBoundingClientRect();
        return box.left >= frame.left && box.right <= frame.right;
    }"""
    for _ in range(4):
        page.keyboard.press("+")
    assert page.evaluate(inside)
    page.set_viewport_size({"width": 500, "height": 700})
    page.wait_for_timeout(200)
    assert page.evaluate(inside)
    page.set_viewport_size({"width": 1200, "height": 800})


def test_leaves_are_called_as_in_the_picture(show):
    import nn

    model = nn.MLP(2, [3, 1], activation="tanh", rng=1)
    page = show((model([0.5, -1.0]) - 1.0) ** 2)
    drawn = page.eval_on_selector_all(
        "svg .leaf-node text.name", "names => names.map(n => n.textContent)"
    )
    listed = page.eval_on_selector_all(".leaf label", "names => names.map(n => n.textContent)")
    assert sorted(listed) == sorted(drawn) and "l1·n0·bias" in listed


BEHIND = """() => {
    const boxes = [...document.querySelectorAll("svg .node rect")].map(r => r.getBBox());
    const ovals = [...document.querySelectorAll("svg .node ellipse")].map(r => r.getBBox());
    const within = ({ x, y }, box, by) => box.x + by < x && x < box.x + box.width - by
        && box.y + by < y && y < box.y + box.height - by;
    return [...document.querySelectorAll("svg path[data-from]")].flatMap(path => {
        const length = path.getTotalLength();
        const points = Array.from({ length: 200 }, (_, k) =>
            path.getPointAtLength(k * length / 199));
        const hidden = points.some(p => boxes.some(box => within(p, box, 1)));
        const inner = points.slice(0, 180);
        const crossed = inner.filter(p => ovals.some(box => within(p, box, 6)));
        return hidden || crossed.length > 8 ? [`${path.dataset.from} to ${path.dataset.to}`] : [];
    });
}"""


def used_again():
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(10.0, "c")
    return ((a * b + c) * a).tanh() * b.exp()


def powers():
    x = Value(1.5, "x")
    return x * (x * (x * (x * x + 1.0) + 2.0) + 3.0) + x


@pytest.mark.parametrize("made", [used_again, powers, mazur])
def test_no_edge_runs_behind_a_box(show, made):
    root = made()
    page = show(root[0] if isinstance(root, tuple) else root)
    for width in (1200, 380):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(200)
        assert page.evaluate(BEHIND) == []
    page.set_viewport_size({"width": 1200, "height": 800})


def test_a_graph_whose_leaves_have_changed_says_so(show):
    a = Value(2.0, "a")
    f = a * 3
    a.data = 5.0
    page = show(f)
    assert "Leaves have changed" in page.inner_text("#panel")


HOSTILE = [
    "<b>bold</b>",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<table href='http://example.org'>",
    "quote \" and ' and \\ and `${1}`",
    "a | b { c }",
    "two\nlines",
    "שלום \u202eabc",
    "e\u0301\u0301\u0301",
    "x" * 10_000,
]


def test_labels_are_text_whatever_they_hold(show):
    root = sum((Value(1.0, label) for label in HOSTILE[1:]), Value(1.0, HOSTILE[0]))
    page = show(root)
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog) or dialog.dismiss())
    page.keyboard.press("End")
    for node in page.locator("svg .node").all():
        node.hover()
    for tab in ("Update", "Nudge", "Quiz"):
        page.click(f"role=tab[name={tab}]")
        if tab == "Quiz":
            page.fill("#answer", "<b>7</b>")
            page.click("#check")
            page.fill("#answer", "3")
            page.click("#check")
            page.click("#reveal")
    page.click("#one-step", force=True) if page.is_visible("#one-step") else None
    tags = set(page.evaluate("[...document.querySelectorAll('body *')].map(e => e.localName)"))
    assert not tags & {"b", "img", "a", "iframe", "image", "object", "embed"} and not dialogs
    assert page.locator("script").count() == 2
    names = page.eval_on_selector_all("#rows tr", "rows => rows.map(r => r.cells[0].textContent)")
    from autograd.words.text import visible

    assert {visible(label) for label in HOSTILE} <= set(names)


def test_in_a_notebook_that_nobody_trusts_there_is_a_still(show):
    made = stepper(worked_example())
    if "data:image/png" not in made._repr_html_():
        pytest.skip("needs Graphviz")
    frame = made._repr_html_()
    without = re.sub("<iframe.*</iframe>", "", frame, flags=re.DOTALL)  # as Jupyter sanitises
    page = show(f"<!DOCTYPE html><html lang='en'><body>{without}</body></html>")
    width = page.evaluate("document.querySelector('img').naturalWidth")
    assert width > 100 and "srcdoc" not in without


def test_without_graphviz_there_is_no_still(monkeypatch):
    monkeypatch.setattr(Drawing, "pipe", lambda self, *args, **kwargs: 1 / 0)
    assert stepper(worked_example())._repr_html_().startswith("<iframe")


def test_in_a_notebook_it_runs_in_its_frame(show):
    frame = stepper(worked_example())._repr_html_()
    page = show(f"<!DOCTYPE html><html lang='en'><body>{frame}</body></html>")
    inside = page.frame_locator("iframe")
    inside.locator("#last").click()
    assert inside.locator("#count").inner_text() == "5 of 5"
    assert "(-4) × 1 = -4" in inside.locator("#panel").inner_text()


def opened_everywhere(page):
    """Go through the tabs, so that each has been drawn with all that it says."""
    page.keyboard.press("End")
    page.fill("input[aria-label='x, number']", "two")
    page.click("role=tab[name=Update]")
    page.fill("input[aria-label='learning rate η']", "9")
    page.click("#one-step")
    page.click("role=tab[name=Nudge]")
    page.click("role=tab[name=Quiz]")
    page.click("#reveal")
    page.fill("#answer", "17")
    page.click("#check")
    page.locator("svg .node").first.hover()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read_in_light_and_dark(browser, tmp_path, scheme):
    path = stepper(worked_example()).save(tmp_path / "page.html")
    page = browser.new_page(color_scheme=scheme)
    page.goto(path.as_uri())
    opened_everywhere(page)
    for name in ("Steps", "Update", "Nudge", "Quiz"):
        page.click(f"role=tab[name={name}]")
        found = page.evaluate(CONTRASTS)
        assert len(found) > 40
        for text, ink, paper in found:
            assert contrast(ink, paper) >= 4.5, (scheme, name, text, ink, paper)
    page.close()


# Of each text that is seen: its colour, and that of the nearest ground below it.
CONTRASTS = """() => {
    const ground = e => {
        const shape = e.closest("svg .node")?.querySelector(
            e.classList.contains("op-text") ? "ellipse" : "rect");
        if (shape) return getComputedStyle(shape).fill;
        for (let at = e; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (colour !== "rgba(0, 0, 0, 0)") return colour;
        }
    };
    return [...document.querySelectorAll("body *")]
        .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled &&
            [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) &&
            e.localName !== "option")
        .map(e => [e.textContent, getComputedStyle(e)[e.localName === "text" ? "fill" : "color"],
                   ground(e)]);
}"""


def test_nothing_moves_by_itself(show):
    page = show(worked_example())
    opened_everywhere(page)
    moving = """() => [...document.querySelectorAll("*")].filter(e => {
        const style = getComputedStyle(e);
        return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
    }).length + document.getAnimations().length"""
    assert page.evaluate(moving) == 0


def unknown_operation():
    cube = Primitive("cube", lambda x: x**3, lambda x: x**3, lambda out, x: (3 * x * x,))
    return cube(Value(2.0, "x")) * 3


def own_operation():
    square = autograd.primitive("own_square", lambda x: x * x, partials=lambda out, x: (2 * x,))
    return square(Value(2.0, "x")) + 1


ODD = {
    "an operation that the page does not know": unknown_operation,
    "an operation of the user's own": own_operation,
    "a leaf alone": lambda: Value(3.0, "x"),
    "constants alone": lambda: Value(3.0).detach() * 2,
    "nan": lambda: Value(math.nan, "x") * 2,
    "inf": lambda: Value(math.inf, "x") * 0,
    "a step": lambda: autograd.floor(Value(2.5, "x")) * Value(2.0, "y"),
}


@pytest.mark.parametrize("made", ODD.values(), ids=ODD)
def test_odd_graphs_go_through_every_tab(show, made):
    page = show(made())
    page.set_default_timeout(10_000)
    for tab in ("Update", "Nudge", "Quiz", "Steps"):
        page.click(f"role=tab[name={tab}]")
        for button in ("#one-step", "#ten-steps", "#reveal", "#reveal", "#again"):
            if page.locator(button).count() and page.is_visible(button):
                page.click(button)
    for key in ("End", "Home", "ArrowRight", "f", "ArrowRight", " ", " "):
        page.keyboard.press(key)
    for node in page.locator("svg .node").all():
        node.hover()
        node.click()
    assert page.inner_text("#count").endswith(page.evaluate("String(lastPosition)"))


def contrast(ink, paper):
    """The contrast ratio of WCAG 2.1."""

    def luminance(colour):
        channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# What needs no browser


def test_a_page_says_what_it_is():
    made = stepper(Value(1.0, "x") * 2)
    assert repr(made) == (
        f"<Stepper, a page of {len(made.html)} characters: save('steps.html') writes it>"
    )


@pytest.mark.parametrize("limit", [0, -1, 2.0, True, "many", None])
def test_bad_limits_are_refused(limit):
    with pytest.raises(ValueError, match="`limit` must be a whole number of at least 1"):
        stepper(Value(1.0), limit=limit)


def test_of_many_inputs_the_first_are_written():
    xs = [Value(1.0, f"x{i}") for i in range(13)]
    nodes = graph_in(stepper(autograd.logsumexp(xs)).html)["nodes"]
    (node,) = (node for node in nodes if node["parents"])
    first, second, third = node["parents"][:3]
    assert node["expression"] == ["logsumexp(", first, ", ", second, ", ", third, ", …)"]
