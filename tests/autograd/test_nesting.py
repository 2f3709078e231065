"""Nesting: what a structure is in words, and which structures differ in lengths or axes only."""

import numpy as np
import pytest

from autograd.nesting import alike, described, flatten, kind_of

X = np.ones((2, 3))


def structure(item):
    return flatten(item, [])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1.0, 2.0, True),
        (1.0, [1.0], False),
        ([1.0, 2.0], [1.0, 2.0, 3.0], True),
        ([[1.0]], [[1.0, 2.0], [3.0]], True),
        ([[1.0]], [1.0], False),
        ((1.0, [2.0]), (1.0, [2.0, 3.0]), True),
        ((1.0, 2.0), (1.0, 2.0, 3.0), False),
        ({"a": [1.0]}, {"a": [1.0, 2.0]}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        ({"a": 1.0}, {"a": [1.0]}, False),
        (X, X, True),
        (X, X[0], True),
        (X, X[:1], False),
    ],
)
def test_structures_that_differ_in_lengths_or_axes_only_are_alike(one, other, expected):
    assert alike(structure(one), structure(other)) is expected
    assert alike(structure(other), structure(one)) is expected


def test_a_kind_has_an_arrays_axes_but_no_sizes():
    assert kind_of(structure([X])) == kind_of(structure([X[:1]])) != kind_of(structure([X[0]]))
    assert kind_of(structure({"a": 1.0})) != kind_of(structure({"b": 1.0}))
    assert kind_of(structure([1.0])) != kind_of(structure((1.0,)))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (1.0, "a number"),
        (X, "an array of shape (2, 3)"),
        ([1.0, 2.0], "a list of 2"),
        ((X[0], 1.0, 2.0), "a tuple of 3, in it an array of shape (3,)"),
        ({"b": 1.0, "a": [1.0]}, "a dict of ['a', 'b'], in it a list of 1"),
    ],
)
def test_a_structure_in_words(item, words):
    assert described(structure(item)) == words
