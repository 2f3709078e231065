import base64
import random
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeats import repeats

import autograd
from autograd import Value, draw
from autograd.engine.graph import topological_order
from autograd.pictures import graphviz_display
from autograd.pictures.boxes import Boxes, blank
from autograd.pictures.tree import text_tree
from autograd.words.text import visible

SVG = "{http://www.w3.org/2000/svg}"
NASTY = [
    *('"', "\\", "\\\\", "a\\", "<b>x</b>", '<table href="file:///etc/passwd">', "|", "{", "}"),
    *("&lt;", "&amp;#60;", "&#60;", "\\N", "\\G", "\\l", "a\nb", "\u202eabc", "e\u0301\u0301"),
    *("x" * 10_000, "\ud800", "\x00", "  two  spaces  ", " ", "[a]", "-->", "]]>", "a{b|<c>d}"),
    *(
        'charset="x',
        "charset=",
        "label=a];x->y",
        "<<b>x</b>>",
        "#",
        "//",
        "/*",
        "\U0001f600",
        "n0:p",
    ),
]


def svg_of(drawing):
    """The picture as an XML tree."""
    pytest.importorskip("pygraphviz")
    return ET.fromstring(drawing.pipe("svg"))


def texts(element):
    """All texts; Graphviz writes a space after a space as a no-break space."""
    return ["".join(t.itertext()).replace("\u00a0", " ") for t in element.iter(f"{SVG}text")]


def parts(root, kind):
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == kind]


def numbers(drawing):
    """What each box of the DOT source shows, by its generated name."""
    return dict(re.findall(r'\t(n\d+) \[label="\{(.*?)\}"', drawing.source))


def example():
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    return (x + y) * z, {"x": x, "y": y, "z": z}


def test_micrograds_example():
    f, names = example()
    f.backward()
    root = svg_of(draw(f, names={**names, "f": f}))
    assert len(parts(root, "node")) == 5 + 2  # boxes and ovals
    assert len(parts(root, "edge")) == 2 * (2 + 1)
    assert sorted(texts(g) for g in parts(root, "node")) == sorted(
        [
            ["x", "data -2", "grad -4"],
            ["y", "data 5", "grad -4"],
            ["z", "data -4", "grad 3"],
            ["v1", "data 3", "grad -4"],
            ["f", "data -12", "grad 1"],
            ["+"],
            ["*"],
        ]
    )


def test_names_come_from_locals():
    x, y = Value(2.0), Value(3.0)
    product = x * y
    assert sorted(numbers(draw(product, names=locals())).values()) == [
        "product | data 6 | grad —",
        "x | data 2 | grad —",
        "y | data 3 | grad —",
    ]


def test_every_number_is_the_engines():
    rng = random.Random(0)
    xs = [Value(rng.uniform(-2, 2)) for _ in range(6)]
    out = xs[0]
    for _ in range(20):
        out = (out * rng.choice(xs) + rng.choice(xs)).tanh()
    out.backward()
    order = topological_order(out)
    shown = numbers(draw(out, fmt=".17g", fold=False))
    assert len(shown) == len(order)
    for i, node in enumerate(order):
        _, data, grad = shown[f"n{i}"].split(" | ")
        assert (float(data[5:]), float(grad[5:])) == (node.data, node.grad)


def test_one_arrow_per_input():
    x = Value(3.0, "x")
    drawing = draw(x * x)
    assert len(re.findall("n0 -> opn1", drawing.source)) == 2
    assert len(parts(svg_of(drawing), "edge")) == 3


def test_partials_stand_at_the_arrows():
    f, names = example()
    drawing = draw(f, names=names, partials=True, fmt=".0f")
    name = {key: fields.split(" | ")[0] for key, fields in numbers(drawing).items()}
    arrows = re.findall(r'(n\d) -> opn\d \[label="&#32;(\S+)"', drawing.source)
    assert {(name[key], partial) for key, partial in arrows} == {
        ("x", "1"),
        ("y", "1"),
        ("v1", "-4"),  # d(v1 * z)/dv1 = z
        ("z", "3"),
    }


def test_constants_and_detached_values_look_different():
    x, d = Value(2.0, "x"), Value(2.0).detach()
    lines = draw(x * 3 + d).source.splitlines()
    constant = next(line for line in lines if '"{3}"' in line)
    detached = next(line for line in lines if "| detached}" in line)
    leaf = next(line for line in lines if '"{x | ' in line)
    assert "dashed" in constant and "grad" not in constant
    assert "dotted" in detached and "grad" not in detached
    assert "style" not in leaf and "grad" in leaf


def test_gradients_that_were_not_computed_are_not_shown_as_numbers():
    f, names = example()
    names["x"].grad = 7.0  # from another backward
    assert "no gradient has reached here" in draw(f).source and "grad 7" not in draw(f).source
    f.backward()
    assert "not computed" not in draw(f).source


def test_drawing_changes_nothing():
    f, _ = example()
    before = [(n.data, n.grad, n.label, n.parents, n.partials) for n in topological_order(f)]
    draw(f, partials=True)._repr_mimebundle_()
    after = [(n.data, n.grad, n.label, n.parents, n.partials) for n in topological_order(f)]
    assert before == after


def test_several_roots_share_their_graph():
    x = Value(1.0, "x")
    assert len(numbers(draw([x + 1, x * x]))) == 4  # x, 1, x + 1, x * x
    assert draw([x, x]).source == draw(x).source


@pytest.mark.parametrize(("x", "shown"), [(1e-9, "1e-9"), (1e300, "1e300"), (-0.0, "0.0000")])
def test_numbers_that_a_fixed_format_cannot_show(x, shown):
    assert f"data {shown} " in draw(Value(x), fmt=".4f").source


def test_rankdir():
    f, _ = example()
    assert "rankdir=TB" in draw(f, rankdir="TB").source
    with pytest.raises(ValueError, match="`rankdir` must be"):
        draw(f, rankdir="BT")


@pytest.mark.parametrize("fmt", [".4q", "10.4", "s", "{", "999999999f", "9" * 5000 + "f", "d"])
def test_bad_formats_are_refused(fmt):
    if fmt == "10.4":
        draw(Value(1.0), fmt=fmt)
        return
    with pytest.raises(ValueError, match="`fmt` must format a number"):
        draw(Value(1.0), fmt=fmt)


@pytest.mark.parametrize("fmt", [4, None, b".4f"])
def test_formats_that_are_no_text_are_refused(fmt):
    with pytest.raises(TypeError, match="`fmt` must be a format such as"):
        draw(Value(1.0), fmt=fmt)


@pytest.mark.parametrize("root", [3.0, None, [], [Value(1.0), 2], "x"])
def test_what_is_no_value_is_refused(root):
    with pytest.raises(TypeError, match="takes the Value to draw, or a list of Values"):
        draw(root)


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "x"])
def test_bad_limits_are_refused(limit):
    with pytest.raises(ValueError, match="`limit` must be"):
        draw(Value(1.0), limit=limit)


def chain(length):
    x = Value(0.0, "x")
    for _ in range(length):
        x = -x
    return x


@pytest.mark.exhaustive
def test_a_hundred_thousand_nodes_are_refused():
    with pytest.raises(ValueError, match=r"100,000 nodes.*nn\.draw.*raise `limit`"):
        draw(chain(99_999))


def test_a_thousand_nodes_are_drawn():
    assert len(parts(svg_of(draw(chain(999), fold=False)), "node")) == 1000 + 999


def test_a_deep_graph_needs_no_recursion():
    drawing = draw(chain(5000), limit=10_000, fold=False)
    assert drawing.source.count("shape=ellipse") == 5000
    assert len(drawing.tree.splitlines()) == 101
    assert drawing.tree.endswith("… and 4901 more lines")


def check_is_text(label):
    x = Value(1.0, label)
    y = x * 2
    y.label = label + "'"
    root = svg_of(draw(y, partials=True))
    assert len(parts(root, "node")) == 4 and len(parts(root, "edge")) == 3
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "title", "text", "polygon", "polyline", "path", "ellipse"}
    assert not [key for e in root.iter() for key in e.keys() if "href" in key or key[:2] == "on"]
    titles = {title.text for title in root.iter(f"{SVG}title")} - {"%3"}
    assert titles <= {"n0", "n1", "n2", "opn2", "n0->opn2", "n1->opn2", "opn2->n2"}
    if label:
        shown = visible(label).replace("\u00a0", " ")
        assert shown in texts(root)


@pytest.mark.parametrize("label", NASTY, ids=range(len(NASTY)))
def test_nasty_labels_are_shown_as_they_are(label):
    check_is_text(label)


@settings(max_examples=repeats(25), deadline=None)
@given(
    st.text(max_size=50)
    | st.text(alphabet="\\<>|{}&#;\"[]NGTEHLlrn =/' 0123456789abtx", max_size=50)
)
def test_labels_are_text_whatever_they_hold(label):
    check_is_text(label)


def test_the_text_tree_writes_shared_nodes_once():
    x = Value(2.0, "x")
    y = x * x
    y.label = "y"
    z = y + y
    z.label = "z"
    order = topological_order(z)
    assert text_tree([z], order, lambda n: f"{n.label} {n.data:g}", lambda n: n.label) == (
        "z 8\n├─ y 4\n│  ├─ x 2\n│  └─ x 2\n└─ y (above)"
    )


def hide_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_without_any_graphviz_a_tree_is_shown(monkeypatch, tmp_path):
    hide_dot(monkeypatch, tmp_path)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    f, names = example()
    drawing = draw(f, names=names)
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].splitlines() == [
        "v2 | data -12 | grad — | *",
        "├─ v1 | data 3 | grad — | +",
        "│  ├─ x | data -2 | grad —",
        "│  └─ y | data 5 | grad —",
        "└─ z | data -4 | grad —",
        "to see the picture: pip install 'seegrad[draw]'",
    ]
    for render in (drawing.pipe, lambda: drawing.render(directory=tmp_path)):
        with pytest.raises(ImportError, match=r"seegrad\[draw\]"):
            render()


def test_without_dot_pygraphviz_renders(monkeypatch, tmp_path, capfd):
    pytest.importorskip("pygraphviz")
    hide_dot(monkeypatch, tmp_path)
    f, _ = example()
    drawing = draw(f)
    assert drawing.pipe("png").startswith(b"\x89PNG")
    assert drawing.pipe("svg", encoding="utf-8").startswith("<?xml")
    bundle = drawing._repr_mimebundle_()
    assert bundle.keys() == {"image/svg+xml", "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert "image/png" not in drawing._repr_mimebundle_(exclude={"image/png"})
    assert drawing._repr_mimebundle_(include={"image/png"}).keys() == {"image/png", "text/plain"}
    monkeypatch.setattr(graphviz_display, "LARGEST_SVG", 100)
    assert drawing._repr_mimebundle_().keys() == {"image/svg+xml", "text/plain"}
    path = drawing.render("picture", directory=tmp_path, format="svg", cleanup=True)
    assert ET.parse(path).getroot().tag == f"{SVG}svg"
    assert [file.name for file in tmp_path.iterdir()] == ["picture.svg"]
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ValueError, match="`renderer` needs the `dot` program"):
        drawing.pipe("svg", renderer="cairo")


def test_what_graphviz_cannot_render_is_said(monkeypatch, tmp_path, capfd):
    pytest.importorskip("pygraphviz")
    hide_dot(monkeypatch, tmp_path)
    with pytest.raises(ValueError, match=r"could not render format 'jpgg' with engine 'dot': \w+"):
        draw(Value(1.0)).pipe("jpgg")
    assert capfd.readouterr() == ("", "")


def test_what_breaks_graphviz_leaves_the_notebook_alone(monkeypatch, tmp_path):
    hide_dot(monkeypatch, tmp_path)
    monkeypatch.setattr(graphviz_display, "find_spec", lambda name: name)
    monkeypatch.setattr(graphviz_display, "_RENDER", "import os; os.abort()")
    with pytest.raises(ValueError, match="it ended with -"):
        draw(Value(1.0)).pipe("svg")


def test_files_without_dot(monkeypatch, tmp_path):
    seen = []
    hide_dot(monkeypatch, tmp_path)
    monkeypatch.setattr(graphviz_display, "_rendered", lambda *what: repr(what[1:]).encode())
    monkeypatch.setattr("graphviz.view", seen.append)
    drawing = draw(Value(1.0, "x"))
    path = drawing.render(outfile=tmp_path / "a.png", view=True)
    assert Path(path).read_text() == "('png', 'dot')" and seen == [path]
    assert Path(tmp_path / "a.gv").read_text() == drawing.source
    assert Path(drawing.render("b", directory=tmp_path)).read_text() == "('svg', 'dot')"


def fake_dot(tmp_path, script):
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for dot")
def test_dot_is_used_where_it_is_on_path(monkeypatch, tmp_path):
    hide_dot(monkeypatch, tmp_path)
    fake_dot(tmp_path, "while read -r line; do :; done; echo rendered by dot")
    assert draw(Value(1.0)).pipe("svg") == b"rendered by dot\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for dot")
def test_dot_writes_the_files_where_it_is_on_path(monkeypatch, tmp_path):
    hide_dot(monkeypatch, tmp_path)
    fake_dot(tmp_path, 'echo "$@" > picture.gv.svg')
    drawing = draw(Value(1.0))
    path = Path(drawing.render("picture.gv", directory=tmp_path))
    assert path == tmp_path / "picture.gv.svg" and path.read_text() == "-Kdot -Tsvg -O picture.gv\n"
    assert (tmp_path / "picture.gv").read_text() == drawing.source


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for dot")
def test_a_broken_dot_does_not_break_a_notebook(monkeypatch, tmp_path):
    hide_dot(monkeypatch, tmp_path)
    fake_dot(tmp_path, "while read -r line; do :; done; exit 3")
    bundle = draw(Value(1.0, "x"))._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].startswith("x | data 1") and "failed" in bundle["text/plain"]


def test_a_drawing_is_a_digraph_and_can_be_copied():
    drawing = draw(Value(1.0, "x"))
    twin = drawing.copy()
    assert (twin.source, twin.tree) == (drawing.source, drawing.tree)
    drawing.node("mine", "added by hand")
    assert "added by hand" in drawing.source
    assert "Drawing" in repr(drawing)


def test_inputs_look_different_and_gradients_can_be_left_out():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    boxes = Boxes({x: "x", w: "w"}, [x * w], ".1f", grad="", inputs=[x])
    drawing = blank("LR")
    for node in (x, w):
        boxes.add(drawing, node, node.label)
    of_x, of_w = drawing.body[-2:]
    assert 'label="{x | data 2.0}"' in of_x and "rounded" in of_x
    assert 'label="{w | data 3.0}"' in of_w and "rounded" not in of_w


def test_inside_no_grad():
    x = Value(2.0, "x")
    with autograd.no_grad():
        assert "detached" in draw(x * 2).source
