"""The recorded graph: order, depth, memory, copies and pickles."""

import copy
import gc
import pickle
import sys
import tracemalloc
from fractions import Fraction
from random import Random

import pytest

from autograd import Value, dot, logsumexp, relu
from autograd.engine.graph import pull_back, topological_order
from autograd.engine.number import product
from autograd.engine.primitive import CONSTANT, DETACHED

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
    assert list(map(id, topological_order(x))) == [id(x)]
    y = x * x
    assert list(map(id, topological_order(y))) == [id(x), id(y)]


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
        before = sum(type(o) is Value for o in gc.get_objects())
        f = random_graph(Random(0), 1000)
        f.backward()
        f.backward()
        assert sum(type(o) is Value for o in gc.get_objects()) > before + 200
        del f
        assert sum(type(o) is Value for o in gc.get_objects()) == before
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "step", [lambda v, w: v * w, lambda v, w: v.sin()], ids=["a product", "a sine"]
)
def test_a_node_takes_at_most_240_bytes(step):
    factors = [Value(1.0 + 1e-9 * i) for i in range(16)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        v = factors[0]
        for i in range(10_000):
            v = step(v, factors[i % 16])
        v.backward()
        assert (tracemalloc.get_traced_memory()[0] - before) / 10_000 <= 240
    finally:
        tracemalloc.stop()


def test_deepcopy_keeps_sharing_and_is_independent():
    x = Value(2.0, label="x")
    h = x * 3
    f = h * h
    f.backward()
    x2, h2, f2 = copy.deepcopy([x, h, f])
    assert all(parent is h2 for parent in f2.parents) and h2.parents[0] is x2
    assert (x2.label, x2.grad, f2.op) == ("x", x.grad, "*")
    assert h2.parents[1].primitive is CONSTANT
    f2.backward()
    assert x2.grad == 2 * x.grad and x.grad == 36.0


def test_pickle_keeps_leaves_shared_and_finds_the_primitives():
    x = Value(0.5, label="x")
    f = x.tanh() * x
    x2, f2 = pickle.loads(pickle.dumps([x, f]))
    assert f2.parents[1] is x2 and f2.parents[0].parents[0] is x2
    assert f2.primitive is f.primitive and f2.partials == f.partials
    f.backward()
    f2.backward()
    assert x2.grad == x.grad != 0.0


def test_copy_is_one_node_with_the_same_parents():
    x = Value(0.5)
    f = x * x
    twin = copy.copy(f)
    assert twin is not f and all(parent is x for parent in twin.parents)
    assert twin.data == f.data and len(twin.parents) == 2


def test_the_order_stops_at_given_leaves():
    x = Value(2.0)
    h = (x * 3).sin()
    root = h * h + x
    assert [node.op for node in topological_order(root, leaves=[h])] == ["sin", "", "*", "+"]


EVERY_SHAPE = {
    "leaf": lambda x, y: x,
    "one input": lambda x, y: x.tanh(),
    "two inputs": lambda x, y: x * y,
    "one input twice": lambda x, y: x * x,
    "three inputs": lambda x, y: logsumexp([x, y, x]),
    "many inputs": lambda x, y: dot([x, y, 2.0], [y, x, y]),
    "no input": lambda x, y: dot([], [x][:0]) * x,
}


@pytest.mark.parametrize("shape", EVERY_SHAPE)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_nodes_of_every_shape_survive_copies_and_pickles(shape, again):
    x, y = Value(0.5, label="x"), Value(-1.5, label="y")
    node = EVERY_SHAPE[shape](x, y)
    x2, y2, twin = again([x, y, node])
    place, place2 = (
        {n: i for i, n in enumerate(topological_order(*nodes))}
        for nodes in ((x, y, node), (x2, y2, twin))
    )
    assert [n.op for n in place] == [n.op for n in place2]
    for n, n2 in zip(place, place2, strict=True):
        assert (n.data, n.label, n.primitive, n.partials) == (
            n2.data,
            n2.label,
            n2.primitive,
            n2.partials,
        )
        assert [place[p] for p in n.parents] == [place2[p] for p in n2.parents]
    node.backward()
    twin.backward()
    assert (x.grad, y.grad) == (x2.grad, y2.grad)


def test_a_node_with_the_number_of_a_leaf_keeps_its_parents_in_a_pickle():
    """Nodes are told apart by what they are, not by their numbers."""
    x = Value(2.0)
    for node in (x * 1.0, x + 0.0, relu(x), abs(x)):
        twin = pickle.loads(pickle.dumps(node))
        assert twin.op == node.op and len(twin.parents) == len(node.parents)
        twin.backward()
        assert twin.parents[0].grad == 1.0


def test_the_kinds_of_leaves_survive_copies_and_pickles():
    x = Value(2.0)
    root = 3.0 * x.detach() + x
    for twin in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        (product, leaf) = twin.parents
        kinds = [n.primitive for n in (*product.parents, leaf)]
        assert kinds == [CONSTANT, DETACHED, None]


def test_the_reverse_sweep_hands_back_what_backward_adds_up():
    x, y = Value(3.0), Value(4.0)
    h = x * y
    root = h * x + h
    order = topological_order(root)
    found = pull_back(order, {root: 1.0})
    root.backward()
    assert (found[x], found[y], found[h]) == (x.grad, y.grad, h.grad) == (28.0, 12.0, 4.0)


def test_the_reverse_sweep_from_several_roots_below_what_is_active_only():
    x, y = Value(3.0), Value(4.0)
    a, b = x * y, y.exp()
    order = topological_order(a, b)
    found = pull_back(order, {a: 2.0, b: 0.5}, active={a, b, y})
    assert x not in found and found[y] == 2.0 * 3.0 + 0.5 * b.data


def test_the_reverse_sweep_of_values_can_be_differentiated():
    x = Value(3.0)
    root = x * x * x
    order = topological_order(root)
    slope = pull_back(order, {root: 1.0}, lambda n: n.primitive.partials(n, *n.parents))[x]
    assert slope.data == 27.0
    slope.backward()
    assert x.grad == 18.0


def test_a_product_by_one_is_not_recorded_but_one_by_a_value_is():
    x, one = Value(3.0), Value(1.0)
    assert product(x, 1.0) is x and product(x, Fraction(1)) is x and product(1.0, x) is x
    assert product(x, one).parents == (x, one) and product(one, x).parents == (one, x)
    assert type(product(1.0, Fraction(1, 4))) is float and product(1.0, Fraction(1, 4)) == 0.25


def test_a_partial_that_is_missing_is_no_partial_of_0():
    x = Value(3.0)
    y = x * x
    with pytest.raises(ValueError, match="zip"):
        pull_back([x, y], {y: 1.0}, lambda node: (1.0,))


def test_a_copy_of_a_value_of_a_class_of_ones_own_keeps_what_that_added():
    class Weight(Value):
        pass

    w = Weight(2.0, "w")
    w.unit = "kg"
    twin = copy.copy(w)
    assert type(twin) is Weight and (twin.data, twin.label, twin.unit) == (2.0, "w", "kg")
