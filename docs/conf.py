"""Sphinx builds the site from these pages, the docstrings and the notebooks as they were executed.

`scripts/docs` builds it. Nothing on a page comes from another host: formulas are MathML, made by
docutils, and the live pages are made by the library itself.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from random import Random
from typing import Any

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("MPLBACKEND", "agg")

project = "seegrad"
author = "the seegrad developers"
copyright = "MIT licence"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]

nb_execution_mode = "off"  # notebooks are shown as they were executed
nb_render_markdown_format = "myst"  # for the formulas of `explain`
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

default_role = "code"  # as docstrings write it
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = "seegrad"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["llms.txt"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
pygments_dark_style = "monokai"
html_theme_options = {"navigation_with_keys": True}
html_math_renderer = "mathml"


def formula(translator: Any, node: math | math_block) -> None:
    """Write a formula as MathML, which browsers set themselves."""
    text = node.astext().replace(
        r"\dots", r"\ldots"
    )  # what docutils knows, and the braces it needs
    text = re.sub(r"\\frac(\d)(\d)", r"\\frac{\1}{\2}", text)
    whole = isinstance(node, math_block)
    written = tex2mathml(text, as_block=whole)
    translator.body.append(f'<div class="math">{written}</div>' if whole else written)
    raise SkipNode


def escape(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Outside of `code` a docstring's | and * are themselves, and no markup."""
    parts = re.split(r"(`[^`]*`)", "\n".join(lines))
    parts[::2] = [re.sub(r"([|*\\]|(?<=\w)_(?=\W|$))", r"\\\1", part) for part in parts[::2]]
    lines[:] = "".join(parts).split("\n")


def to_public_name(app: Sphinx, env: Any, node: pending_xref, content: Any) -> Any:
    """Point types in signatures, which say where a class is defined, to where it is documented.

    What is no public name of ours, such as NumPy's types, is no link.
    """
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].split(".")[-1]
    for module in ("autograd", "nn", "nn.data"):
        if f"{module}.{name}" in env.domains["py"].objects:
            node["reftarget"] = f"{module}.{name}"
            return env.domains["py"].resolve_xref(
                env, node["refdoc"], app.builder, "obj", node["reftarget"], node, content
            )
    return content


def bring_notebooks(app: Sphinx) -> None:
    """Copy notebooks and their pictures beside the page of the course, where Sphinx reads them."""
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.*")):
        if path.suffix == ".py":
            continue
        target = HERE / "course" / path.name
        if not target.exists() or target.read_bytes() != path.read_bytes():
            shutil.copyfile(path, target)


def make_live_pages(app: Sphinx, error: Exception | None) -> None:
    """Write the stepper and the model that trains, which two pages show in frames."""
    if error is not None:
        return
    import autograd
    import nn
    import nn.data

    folder = Path(app.outdir) / "live"
    folder.mkdir(exist_ok=True)
    x, y, z = (autograd.Value(data, name) for data, name in ((-2, "x"), (5, "y"), (-4, "z")))
    q = x + y
    f = q * z
    autograd.stepper(f, names={"q": q, "f": f}).save(folder / "steps.html")
    data = nn.data.load("moons")
    model = nn.MLP(2, [8, 8, 1], activation="tanh", rng=Random(1))
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    nn.playground(
        model, data.X_train, data.y_train, test=(data.X_test, data.y_test), optimizer=optimizer
    ).save(folder / "moons.html")


def setup(app: Sphinx) -> None:
    """Add to Sphinx what is defined above."""
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    app.connect("autodoc-process-docstring", escape, priority=400)  # before napoleon reads it
    app.connect("missing-reference", to_public_name)
    app.connect("builder-inited", bring_notebooks)
    app.connect("build-finished", make_live_pages)
