"""Drawing: a `graphviz.Digraph` that can be seen with or without the `dot` program.

A notebook gets an SVG picture and a PNG one: before its reader trusts it, it shows no SVG. Where
`dot` is on PATH the graphviz package runs it; else pygraphviz, which carries Graphviz in
its wheel, renders in a process of its own, so that what its C code says or breaks stays there;
where neither is there, a notebook shows a text tree. Invariant: displaying a drawing never raises,
and rendering without either renderer raises an error that names the extra to install.
"""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import graphviz

LARGEST_SVG = 1_000_000  # characters; of a larger picture there is no PNG, which would take seconds
ADVICE = "to see the picture: pip install 'seegrad[draw]'"
_RENDER = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog=sys.argv[2]))
"""


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A picture of a graph: `.render()`, `.pipe()`, `.source`, and shown by Jupyter by itself.

    `tree` is the same graph as text. Arguments are those of `graphviz.Digraph`.
    """

    def __init__(self, *args: Any, tree: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tree = tree

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.body)} lines: .render(), .source, .tree>"

    def copy(self) -> "Drawing":
        """Return a copy of the drawing, the tree included."""
        twin: Drawing = super().copy()
        twin.tree = self.tree
        return twin

    def pipe(self, format: str | None = None, **options: Any) -> Any:
        """Return the picture as bytes, or as text with `encoding`, as `Digraph.pipe` does."""
        if shutil.which("dot"):
            return super().pipe(format, **options)
        engine, encoding = _taken(options, "engine", "encoding")
        rendered = _rendered(self.source, format or self.format, engine or self.engine)
        return rendered if encoding is None else rendered.decode(encoding)

    def render(self, filename: str | os.PathLike[str] | None = None, **options: Any) -> str:
        """Save the source and the picture, as `Digraph.render` does; returns the picture's path."""
        if shutil.which("dot"):
            path: str = super().render(filename, **options)
            return path
        names = ("directory", "outfile", "format", "engine", "cleanup", "view")
        directory, outfile, kind, engine, cleanup, view = _taken(options, *names)
        if outfile is not None:
            filename = filename or Path(outfile).with_suffix(".gv")
            kind = kind or Path(outfile).suffix[1:]
        rendered = _rendered(self.source, kind or self.format, engine or self.engine)
        source = self.save(filename, directory=directory)
        path = os.fspath(outfile or f"{source}.{kind or self.format}")
        Path(path).write_bytes(rendered)
        if cleanup:
            os.remove(source)
        if view:
            graphviz.view(path)
        return path

    def _repr_mimebundle_(
        self,
        include: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        bundle: dict[str, Any] = {}
        note = ""
        png = (include is None or "image/png" in include) and "image/png" not in (exclude or ())
        try:
            bundle = super()._repr_mimebundle_(include, exclude, **options)
            if png and len(bundle.get("image/svg+xml", "")) <= LARGEST_SVG:
                bundle["image/png"] = base64.b64encode(self.pipe("png")).decode()
        except ImportError:
            note = f"\n{ADVICE}"
        except Exception as error:  # a broken Graphviz: a notebook must show something all the same
            note = f"\nGraphviz failed ({type(error).__name__}); {ADVICE}"
        return {**bundle, "text/plain": self.tree + note}


def _rendered(source: str, format: str, engine: str) -> bytes:
    """Return the DOT text `source` rendered by pygraphviz.

    Raises `ImportError` where it is not installed, `ValueError` where Graphviz fails.
    """
    if find_spec("pygraphviz") is None:
        raise ImportError(
            "a picture needs Graphviz, and neither the `dot` program nor pygraphviz was found; "
            f"{ADVICE}"
        )
    command = [sys.executable, "-c", _RENDER, format, engine]
    done = subprocess.run(command, input=source.encode(), capture_output=True)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(
            f"Graphviz could not render format {format!r} with engine {engine!r}: "
            f"{said[-1] if said else f'it ended with {done.returncode}'}"
        )
    return done.stdout


def _taken(options: dict[str, Any], *names: str) -> list[Any]:
    """Return the options of these names; raises `ValueError` where there are others."""
    others = [name for name, option in options.items() if name not in names and option is not None]
    if others:
        raise ValueError(
            f"`{others[0]}` needs the `dot` program, which is not on PATH; leave it out"
        )
    return [options.get(name) for name in names]
