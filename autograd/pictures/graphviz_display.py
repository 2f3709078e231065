"""Drawing: a `graphviz.Digraph` that can be seen with or without the `dot` program.

Where `dot` is on PATH the graphviz package runs it; else pygraphviz, which carries Graphviz in
its wheel, renders in this process; where neither is there, a notebook shows a text tree.
Invariant: displaying a drawing never raises, and rendering without either renderer raises an
error that names the extra to install.
"""

import contextlib
import importlib
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import graphviz

ADVICE = "to see the picture: pip install 'seegrad[draw]'"

# Graphviz keeps global state, and the file descriptor of stderr belongs to the whole process.
_one_at_a_time = threading.Lock()


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A picture of a graph: `.render()`, `.pipe()`, `.source`, and shown by Jupyter by itself.

    `tree` is the same graph as text. Arguments are those of `graphviz.Digraph`.
    """

    def __init__(self, *args: Any, tree: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tree = tree

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.body)} lines: .render(), .source, .tree>"

    def _copy_kwargs(self, **kwargs: Any) -> Any:
        return {**super()._copy_kwargs(**kwargs), "tree": self.tree}

    def _repr_mimebundle_(
        self,
        include: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        note = ""
        try:
            bundle: dict[str, Any] = super()._repr_mimebundle_(include, exclude, **options)
        except ImportError:
            bundle, note = {}, f"\n{ADVICE}"
        except Exception as error:  # a broken `dot`: a notebook must show something all the same
            try:
                svg = render_in_process(self.source, "svg", self.engine).decode("utf-8")
                bundle = {"image/svg+xml": svg}
            except Exception:
                bundle, note = {}, f"\nGraphviz failed ({type(error).__name__}); {ADVICE}"
        return {**bundle, "text/plain": self.tree + note}

    # The graphviz package keeps what runs `dot` in three properties, made to be replaced.
    @property
    def _pipe_lines(self) -> Any:
        return super()._pipe_lines if shutil.which("dot") else _pipe_lines

    @property
    def _pipe_lines_string(self) -> Any:
        return super()._pipe_lines_string if shutil.which("dot") else _pipe_lines_string

    @property
    def _render(self) -> Any:
        return super()._render if shutil.which("dot") else _render


def render_in_process(source: str, format: str, engine: str = "dot") -> bytes:
    """Return the DOT text `source` rendered by pygraphviz, which needs no `dot` program.

    Raises `ImportError` where pygraphviz is not installed, `ValueError` where Graphviz fails.
    """
    try:
        pygraphviz = importlib.import_module("pygraphviz")
    except ImportError as error:
        raise ImportError(
            "a picture needs Graphviz: neither the `dot` program nor pygraphviz was found "
            f"({error}); {ADVICE}"
        ) from error
    with _one_at_a_time, _quiet_stderr() as said:
        try:
            rendered: bytes = pygraphviz.AGraph(string=source).draw(format=format, prog=engine)
        except Exception as error:
            raise ValueError(
                f"Graphviz could not render format {format!r} with engine {engine!r}: {error} "
                f"{' '.join(said())}".rstrip()
            ) from error
    return rendered


def _pipe_lines(
    engine: str, format: str, lines: Iterable[str], *, input_encoding: str, **options: Any
) -> bytes:
    _refuse(options)
    return render_in_process("".join(lines), format, engine)


def _pipe_lines_string(
    engine: str, format: str, lines: Iterable[str], *, encoding: str, **options: Any
) -> str:
    _refuse(options)
    return render_in_process("".join(lines), format, engine).decode(encoding)


def _render(
    engine: str,
    format: str | None,
    filepath: str,
    *,
    outfile: str | os.PathLike[str] | None = None,
    raise_if_result_exists: bool = False,
    **options: Any,
) -> str:
    """Render the saved file at `filepath`; returns the path of the result."""
    _refuse(options)
    path = os.fspath(outfile) if outfile is not None else f"{filepath}.{format}"
    format = format or os.path.splitext(path)[1][1:]
    with open(filepath, encoding="utf-8") as file:
        rendered = render_in_process(file.read(), format, engine)
    with open(path, "xb" if raise_if_result_exists else "wb") as result:
        result.write(rendered)
    return path


def _refuse(options: dict[str, Any]) -> None:
    for name in ("renderer", "formatter", "neato_no_op"):
        if options.get(name) is not None:
            raise ValueError(
                f"`{name}` needs the `dot` program, which is not on PATH; leave it out"
            )


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[Any]:
    """Hold back what C code writes to stderr, and pass on all but fontconfig's warnings.

    The fontconfig in the wheel may be older than the system's font configuration, and says so.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # no stderr at all, as in a windowed program
        yield list
        return
    with tempfile.TemporaryFile() as held, contextlib.redirect_stderr(io.StringIO()):

        def said() -> list[str]:
            held.seek(0)
            lines = held.read().decode("utf-8", "replace").splitlines()
            return [line for line in lines if not line.startswith("Fontconfig ")]

        os.dup2(held.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            lines = said()
            if lines:
                os.write(2, "".join(f"{line}\n" for line in lines).encode())
