"""Layout: where each node of a graph stands, in layers from the leaves to the root.

A node's layer is the longest way from a leaf, a leaf stands just before its first use. Within a
layer nodes are sorted by the mean position of their neighbours, to and fro (the barycentre
method, Sugiyama 1981), and then moved towards that mean as far as their neighbours in the layer
leave room. Invariant: two nodes of one layer are at least 1 apart.
"""

from collections.abc import Sequence

SWEEPS = 9  # the last one runs forward


def reading_order(parents: Sequence[Sequence[int]]) -> list[int]:
    """Return the nodes as one reads the expression, left to right, each at its first place."""
    seen: dict[int, None] = {}
    stack = [len(parents) - 1] if parents else []
    while stack:
        node = stack.pop()
        if node not in seen:
            seen[node] = None
            stack += reversed(parents[node])
    return list(seen)


def layers(parents: Sequence[Sequence[int]]) -> list[int]:
    """Return the layer of each node, given the numbers of its parents, in topological order."""
    layer = [0] * len(parents)
    for i, ps in enumerate(parents):
        layer[i] = 1 + max((layer[p] for p in ps), default=-1)
    first = [len(parents)] * len(parents)
    for i, ps in enumerate(parents):
        for p in ps:
            first[p] = min(first[p], layer[i])
    for i, ps in enumerate(parents):
        if not ps and first[i] < len(parents):
            layer[i] = first[i] - 1
    return layer


def positions(parents: Sequence[Sequence[int]]) -> tuple[list[int], list[float]]:
    """Return (layer, height) of each node: heights are in units of one node, from 0 downwards."""
    layer = layers(parents)
    rows: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for i in reading_order(parents):
        rows[layer[i]].append(i)
    # A node stands level with the operations that feed it; its leaves make room.
    before = [list(dict.fromkeys([p for p in ps if parents[p]] or ps)) for ps in parents]
    after: list[list[int]] = [[] for _ in parents]
    for i, ps in enumerate(parents):
        for p in dict.fromkeys(ps):
            after[p].append(i)
    height = [0.0] * len(parents)
    weight = [1.0 if ps else 0.01 for ps in parents]
    for row in rows:
        _stack(row, height, [float(k) for k in range(len(row))], weight)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for row in rows if forward else reversed(rows):
            wanted = {i: _mean(i, before if forward else after, height) for i in row}
            row.sort(key=wanted.__getitem__)
            _stack(row, height, [wanted[i] for i in row], weight)
    lowest = min(height, default=0.0)
    return layer, [h - lowest for h in height]


def _mean(node: int, neighbours: list[list[int]], height: list[float]) -> float:
    found = [height[n] for n in neighbours[node]]
    return sum(found) / len(found) if found else height[node]


def _stack(row: list[int], height: list[float], wanted: list[float], weight: list[float]) -> None:
    """Place a sorted row as near to where it wants to be as a distance of 1 allows.

    Nodes that would touch become one block, which stands at the weighted mean of its wishes
    (pool adjacent violators): the least sum of squared distances.
    """
    blocks: list[tuple[float, float, int]] = []  # start of the block, its weight, its length
    for node, wish in zip(row, wanted, strict=True):
        start, heavy, count = wish, weight[node], 1
        while blocks and blocks[-1][0] + blocks[-1][2] > start:
            above, load, length = blocks.pop()
            start = (above * load + (start - length) * heavy) / (load + heavy)
            heavy, count = load + heavy, length + count
        blocks.append((start, heavy, count))
    places = [start + i for start, _, count in blocks for i in range(count)]
    for node, place in zip(row, places, strict=True):
        height[node] = place
