"""Assembly: what the source defines, and what becomes of it."""

import gc
import weakref

import numpy as np

import autograd
from autograd import Value


def layered(depth):
    """A vector of four taken through so many layers, one after another."""
    weights = [[Value(0.1 * (i - j)) for j in range(4)] for i in range(4)]

    def function(x):
        for _ in range(depth):
            x = [autograd.tanh(autograd.dot(row, x)) for row in weights]
        return sum(x)

    return function


def compiled(depth):
    program = autograd.compile(layered(depth), batch=True)
    program.value_and_grad(np.ones((3, 4)))
    return program._paths[0].arrays


def test_each_number_of_rows_has_buffers_of_its_own():
    made = compiled(2)
    P, G = np.zeros(made.size), np.zeros(made.size)
    x = np.full((2, 4), 0.5)
    (forward, _), (other, _) = (made.prepare(n, P, G) for n in (2, 5))
    found = forward(x)[0][0]
    other(np.zeros((5, 4)))
    assert found.shape == (2, 1) and other(np.zeros((5, 4)))[0][0].shape == (5, 1)
    assert forward(x)[0][0] is found


def test_what_is_dropped_is_freed_without_the_collector():
    made = compiled(2)
    gc.collect()
    gc.disable()
    try:
        forward, reverse = made.prepare(3, np.zeros(made.size), np.zeros(made.size))
        left = weakref.ref(forward), weakref.ref(reverse)
        del forward, reverse
        assert [each() for each in left] == [None, None]
    finally:
        gc.enable()


def test_buffers_are_no_cells_of_which_many_take_long_to_compile():
    made = compiled(2)
    for function in made.prepare(3, np.zeros(made.size), np.zeros(made.size)):
        assert function.__code__.co_freevars == ()
        assert function.__globals__["t4"].shape == (3, 4)
