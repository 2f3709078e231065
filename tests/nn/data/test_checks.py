"""Examples and targets that are refused, by place."""

import numpy as np
import pytest
from scipy import sparse

import nn
from nn.data import (
    check_examples,
    check_several_classes,
    check_targets,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[0, 1]] * 3 + [[0, NAN]], r"`X\[3\]\[1\]` is nan"),
        ([[0, 1], [-INF, NAN]], r"`X\[1\]\[0\]` is -inf"),
        ([[0, 1], [2, "3"]], r"`X\[1\]\[1\]` is '3'; convert it first"),
        ([[0, None]], r"`X\[0\]\[1\]` is None"),
        ([[0, 1j]], r"`X\[0\]\[1\]` is 1j"),
        ([[10**400]], "real numbers that fit a float"),
        ([[1, 2], [3]], r"unequal lengths: `X\[0\]` has 2 and `X\[1\]` has 1"),
        ([[1, 2], 3], "unequal lengths or depths"),
        ([1, 2], r"one row for each example, shape \(n, features\); got shape \(2,\)"),
        ([], "is empty"),
        ([[], []], "is empty"),
    ],
)
def test_bad_examples_are_named_before_training_starts(X, message):
    model = nn.MLP(2, [2])
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        nn.fit(model, X, [0] * len(X), progress=False)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, NAN], r"`y\[1\]` is nan"),
        ([[0, 1], [INF, 0]], r"`y\[1\]\[0\]` is inf"),
        (["cat", "dog"], r"`y\[0\]` is 'cat'"),
        ([[0, 1], [1]], r"unequal lengths: `y\[0\]` has 2"),
        ([0, 1, 1], "`X` has 2 examples and `y` has 3"),
        ([[[0]], [[1]]], r"shape \(n,\) or \(n, outputs\), got \(2, 1, 1\)"),
    ],
)
def test_bad_targets_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        check_targets(y, 2)


def test_good_data_pass_as_plain_numbers():
    assert check_examples(np.array([[True, False]])).tolist() == [[1.0, 0.0]]
    assert check_examples([[[1]]]).shape == (1, 1, 1)
    assert check_targets([[2.0], [0.0]], 2).tolist() == [2.0, 0.0]
    assert check_targets([0.5, 1], 2).tolist() == [0.5, 1.0]


def test_one_class_is_nothing_to_learn_unless_there_is_one_example():
    check_several_classes([4])
    check_several_classes([0, 1])
    with pytest.raises(ValueError, match="`y` holds one class only, 4, in all 3 examples"):
        check_several_classes([4, 4, 4])


MASKED = np.ma.masked_greater(np.arange(8.0).reshape(4, 2), 5.0)


def test_masked_numbers_are_refused_wherever_data_come_in():
    model, X, y = nn.MLP(2, [1]), np.arange(8.0).reshape(4, 2), [0.0, 1.0, 0.0, 1.0]
    masked_y = np.ma.masked_array(y, [False, False, False, True])
    for call in (
        lambda: nn.fit(model, MASKED, y, epochs=1),
        lambda: nn.fit(model, X, masked_y, epochs=1),
        lambda: nn.fit(model, X, y, epochs=1, sample_weight=masked_y),
        lambda: nn.fit(model, X, y, epochs=1, validation=(MASKED, y)),
        lambda: nn.predict(model, MASKED),
        lambda: nn.predict(model, list(MASKED)),
        lambda: nn.predict_proba(model, MASKED),
        lambda: nn.accuracy(model, X, masked_y),
    ):
        with pytest.raises(TypeError, match="holds masked numbers: leave them out"):
            call()
    assert len(nn.predict(model, np.ma.masked_array(X))) == 4


def test_a_matrix_is_data_as_an_array_is():
    model, X = nn.MLP(2, [1]), np.arange(8.0).reshape(4, 2)
    assert np.array_equal(nn.predict(model, X.view(np.matrix)), nn.predict(model, X))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (iter([[0.0, 1.0]]), r"list_iterator object at .*: pass list\(x\)"),
        (map(list, []), r"map object at .*: pass list\(x\)"),
        ({"a": [1, 2]}, r"\{'a': \[1, 2\]\}$"),
        ({1, 2}, r"\{1, 2\}$"),
        ("abc", "'abc'$"),
        (None, "None$"),
        (sparse.csr_matrix([[0.0, 1.0]]), r"pass x.toarray\(\)$"),
    ],
)
def test_what_is_no_array_is_told_by_what_it_is(data, told):
    for name, check in (("X", check_examples), ("y", lambda y: check_targets(y, 1))):
        with pytest.raises(
            TypeError, match=rf"(?s)^`{name}` must be an array, a table or .*{told}"
        ):
            check(data)
