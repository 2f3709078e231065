"""exercise: expressions with friendly numbers, the same for the same seed, and their check."""

from fractions import Fraction

import pytest
from repeats import repeats

import autograd
from autograd import exercise
from autograd.checking.exercises import LEVELS


@pytest.mark.parametrize("level", LEVELS)
def test_the_true_answers_pass_and_others_do_not(level):
    for seed in range(repeats(8)):
        task = exercise(seed, level)
        task.root.backward()
        right = {name: task.names[name].grad for name in task.asked}
        assert task.check(right) and len(task.check(right)) == len(task.asked)
        if level > 3:
            assert task.check({name: f"{x:.5g}" for name, x in right.items()})
        assert all(x != 0 for x in right.values())
        name = task.asked[0]
        report = task.check({**right, name: -right[name]})
        assert report[name].verdict == "wrong" and "sign" in str(report[name].causes)


def test_numbers_are_fractions_and_exact_up_to_two_paths():
    for level in (1, 2, 3):
        task = exercise(7, level)
        task.root.backward()
        assert all(isinstance(value.grad, Fraction) for value in task.names.values())
        assert task.check({name: str(task.names[name].grad) for name in task.asked})
    leaves = [v.data for v in exercise(7, 5).names.values() if not v.parents]
    assert all(isinstance(x, Fraction) and x.denominator <= 16 for x in leaves)


def test_the_same_seed_gives_the_same_exercise_and_another_another():
    assert str(exercise(3, 2)) == str(exercise(3, 2)) != str(exercise(4, 2))


def test_the_task_in_words():
    lines = str(exercise(3, 3)).splitlines()
    assert lines == [
        "u = x / y",
        "v = u ** 2",
        "w = u * z",
        "f = v * x - w",
        "at x = -2, y = 3/2, z = 7/4",
        "Find ∂f/∂w, ∂f/∂v, ∂f/∂u, ∂f/∂x, ∂f/∂y, ∂f/∂z.",
    ]
    task = exercise(3, 3)
    begun = task.check({"w": -1, task.names["v"]: -2}, u="43/12", hints="verdict")
    assert begun.open == ("x", "y", "z") and begun.score == 0.5 and not begun
    assert "x1" not in exercise(0, 4).asked and "x1 = " in str(exercise(0, 4))


@pytest.mark.parametrize("level", LEVELS)
def test_a_forgotten_path_is_named_on_every_level_that_has_one(level):
    task = exercise(1, level)
    sweep = autograd.explain(task.root, names=task.names)
    for line in sweep:
        if len(line.contributions) > 1 and line.name in task.asked:
            report = task.check({line.name: line.contributions[0].product})
            assert report[line.name].verdict == "wrong" and report[line.name].causes


def test_what_is_no_exercise():
    for level in (0, 7, "1", True, None):
        with pytest.raises(ValueError, match="`level` must be one of 1, 2, 3, 4, 5, 6"):
            exercise(0, level)
    with pytest.raises(TypeError, match="`seed` must be a whole number"):
        exercise("a")
