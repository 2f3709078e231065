"""The text tree: a graph for where no picture can be shown.

A result stands above what it was computed from, indented. Invariant: each node is written out
once; where it is used again the line only refers to it, so the text is as long as the graph has
edges, however many paths lead to a node.
"""

from collections.abc import Callable, Sequence

from autograd.engine.value import Value

LINES = 100


def text_tree(
    roots: Sequence[Value],
    order: Sequence[Value],
    describe: Callable[[Value], str],
    name: Callable[[Value], str],
    limit: int = LINES,
) -> str:
    """Return the graph of `roots` as at most `limit` lines and one that counts the others.

    `order` holds all nodes; `describe` gives a node's line, `name` how to refer to it.
    """
    total = len(roots) + sum(len(node.parents) for node in order)
    lines: list[str] = []
    written: set[Value] = set()
    # Each entry: a node, what stands before it, and what stands before its parents.
    stack = [(root, "", "") for root in reversed(roots)]
    while stack and len(lines) < limit:
        node, lead, indent = stack.pop()
        if node in written and node.parents:
            lines.append(f"{lead}{name(node)} (above)")
            continue
        written.add(node)
        lines.append(lead + describe(node))
        last = len(node.parents) - 1
        for i in range(last, -1, -1):
            branch, bar = ("└─ ", "   ") if i == last else ("├─ ", "│  ")
            stack.append((node.parents[i], indent + branch, indent + bar))
    return shortened(lines, total, limit)


def shortened(lines: Sequence[str], total: int, limit: int = LINES) -> str:
    """Return `lines`, at most `limit`, and a line that says how many of `total` are left out."""
    shown = list(lines[:limit])
    if total > len(shown):
        shown.append(f"… and {total - len(shown)} more lines")
    return "\n".join(shown)
