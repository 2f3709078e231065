"""The recorded graph: order, depth, memory, copies and pickles."""

import copy
import gc
import pickle
import sys
import tracemalloc
from random import Random

import pytest

from autograd import Value
from autograd.engine.graph import topological_order
from autograd.engine.value import Constant

DEPTH = 100_000


def random_graph(rng, size=200):
    nodes = [Value(rng.uniform(0.5, 1.5)) for _ in range(5)]
    for _ in range(size):
        a, b = rng.choice(nodes), rng.choice(nodes)
        nodes.append(rng.choice((a + b, a * b, a - b, a.tanh(), a * 0.5)))
    return sum(nodes[-20:])


@pytest.mark.parametrize("seed", range(20))
def test_every_node_stands_once_after_all_its_parents(seed):
    order = topological_order(random_graph(Random(seed)))
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[p] < i for i, node in enumerate(order) for p in node.parents)


def test_order_of_a_leaf_and_of_a_repeated_operand():
    x = Value(1.0)
    assert topological_order(x) == [x]
    y = x * x
    assert topological_order(y) == [x, y]


def test_the_recursion_limit_is_never_touched():
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(150)
        node = Value(1.0)
        for _ in range(10_000):
            node = node * 1.0
        node.backward()
        copy.deepcopy(node)
        pickle.loads(pickle.dumps(node))
        del node
    finally:
        sys.setrecursionlimit(limit)


def test_deleting_the_root_frees_the_graph_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        before = sum(type(o) in (Value, Constant) for o in gc.get_objects())
        f = random_graph(Random(0), 1000)
        f.backward()
        f.backward()
        assert sum(type(o) in (Value, Constant) for o in gc.get_objects()) > before + 200
        del f
        assert sum(type(o) in (Value, Constant) for o in gc.get_objects()) == before
    finally:
        gc.enable()


def test_at_most_300_bytes_a_node():
    factors = [Value(1.0 + 1e-9 * i) for i in range(16)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        v = factors[0]
        for i in range(10_000):
            v = v * factors[i % 16]
        v.backward()
        assert (tracemalloc.get_traced_memory()[0] - before) / 10_000 <= 300
    finally:
        tracemalloc.stop()


def test_deepcopy_keeps_sharing_and_is_independent():
    x = Value(2.0, label="x")
    h = x * 3
    f = h * h
    f.backward()
    x2, h2, f2 = copy.deepcopy([x, h, f])
    assert f2.parents == (h2, h2) and h2.parents[0] is x2
    assert (x2.label, x2.grad, f2.op) == ("x", x.grad, "*")
    assert type(h2.parents[1]) is Constant
    f2.backward()
    assert x2.grad == 2 * x.grad and x.grad == 36.0


def test_pickle_keeps_leaves_shared_and_finds_the_primitives():
    x = Value(0.5, label="x")
    f = x.tanh() * x
    x2, f2 = pickle.loads(pickle.dumps([x, f]))
    assert f2.parents[1] is x2 and f2.parents[0].parents == (x2,)
    assert f2.primitive is f.primitive and f2.partials == f.partials
    f.backward()
    f2.backward()
    assert x2.grad == x.grad != 0.0


def test_copy_is_one_node_with_the_same_parents():
    x = Value(0.5)
    f = x * x
    twin = copy.copy(f)
    assert twin is not f and twin.parents == f.parents and twin.data == f.data


def test_the_order_stops_at_given_leaves():
    x = Value(2.0)
    h = (x * 3).sin()
    root = h * h + x
    assert [node.op for node in topological_order(root, [h])] == ["sin", "", "*", "+"]
