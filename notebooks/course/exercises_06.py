"""Exercises of notebook 6, reading digits."""

from typing import Any

from autograd import Value, logsumexp, softmax
from course.kinds import ByHand, Numbers, Tested, agrees, between, exercise, one_of

Graph = tuple[Value, dict[str, Any]]


def scores() -> Graph:
    s = [Value(1.0), Value(0.0), Value(-1.0)]
    C = logsumexp(s) - s[2]
    return C, locals()


def shares() -> Graph:
    s = [Value(1.0), Value(0.0), Value(-1.0)]
    p = softmax(s)
    root = sum(p, Value(0.0))
    return root, locals()


EXERCISES = {
    "06.1": exercise(
        ByHand(shares, of="data", p="p"),
        ByHand(scores, dC_ds="s"),
        hints=(
            "e, 1 and 1/e, divided by their sum 4.086.",
            "p - y, where y is 1 for the target and 0 for the others.",
        ),
    ),
    "06.2": exercise(
        Numbers(
            {148: "the biases count, too", 150: "the output neurons have biases, too"},
            parameters_2=160,
            parameters_64=4810,
        ),
        Tested(accuracy_64=between(0.94, 1.0, below="the share of the held-out digits")),
        hints=("64 n weights and n biases, then 10 n weights and 10 biases.",),
    ),
    "06.3": exercise(
        Tested(
            before=between(0.1, 0.8, above="shift the held-out images, not the labels"),
            after=between(0.88, 1.0, below="train a new network on X and shifted copies of X"),
        ),
        hints=(
            "np.roll(images.reshape(-1, 8, 8), 1, axis=2).reshape(-1, 64)",
            "np.concatenate([X, shifted(X, 1), shifted(X, -1)]) and np.tile(y, 3)",
        ),
    ),
    "06.4": exercise(
        Tested(
            suffers=one_of(
                "convolutional", "convolution", "cnn", mlp="the MLP never knew what is a neighbour"
            )
        ),
        hints=("order = rng.permutation(64); train on X[:, order], test on X_test[:, order].",),
    ),
    "06.5": exercise(
        Tested(
            mistakes_left=between(
                0, 6, above="refuse those where the *highest* of the ten probabilities is lowest"
            )
        ),
        hints=("kept = sure > np.quantile(sure, 0.05), then count kept & ~right.",),
    ),
    "06.6": exercise(
        Tested(
            f=agrees(
                lambda x: x * x if x > 0 else -3 * x,
                (2.0,),
                (-2.0,),
                (5.0,),
                the_second_branch_is_minus_three_times_x=lambda x: x * x if x > 0 else 3 * x,
            ),
            frozen=one_of(False, known={"True": "each row decides for itself: compare with f"}),
        ),
        hints=("autograd.compile(f, batch=True)([2.0, -2.0, 5.0])",),
    ),
    "06.7": exercise(
        Tested(ahead=one_of("lecun", normal="compare the sums of the ten accuracies")),
        hints=("history = nn.fit(..., validation=(X_test, y_test)), then history.val_accuracy",),
    ),
}
