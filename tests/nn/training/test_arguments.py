"""Arguments of `fit` that are checked before any weight moves."""

import numpy as np
import pytest
from small_trainings import CLASSES, POINTS, both, briefly, fit, network
from small_trainings import POINTS as X
from small_trainings import classifier as model

import nn


def test_an_optimiser_by_name_has_its_usual_rate():
    by_name, by_hand = network(2), network(2)
    fit(by_name, optimizer="Adam")
    fit(by_hand, optimizer=nn.Adam(by_hand.parameters()))
    assert by_name.state_dict() == by_hand.state_dict()


@both
def test_weights_count_in_validation_too(compiled):
    def validated(**options):
        model = network(2)
        held_out = (POINTS, CLASSES, *options.pop("third", ()))
        history = fit(model, validation=held_out, epochs=1, compiled=compiled, **options)
        return model, history.val_loss[0]

    model, weighted = validated(third=[np.full(60, 3.0)])
    now = fit(model, epochs=1, batch_size=60).loss[0]
    assert weighted == pytest.approx(3.0 * now, rel=1e-12)
    model, weighted = validated(class_weight={0: 2.0, 1: 2.0})
    assert weighted == pytest.approx(2.0 * fit(model, epochs=1, batch_size=60).loss[0], rel=1e-12)


def test_a_share_is_drawn_of_each_class_in_its_proportion():
    y = np.array([0] * 50 + [1] * 9 + [2])
    for seed in range(40):
        seen = []

        def keep(targets, answers, seen=seen):
            seen.append(np.bincount(targets, minlength=3).tolist())
            return 0.0

        fit(network(3), y=y, epochs=1, validation=0.2, seed=seed, metrics={"seen": keep})
        assert seen == [[40, 7, 1], [10, 2, 0]]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"early_stopping": nn.EarlyStopping(2, monitor="acuracy")}, ValueError, "no `acuracy`"),
        ({"metrics": [len]}, TypeError, "`metrics` must map names to functions"),
        ({"metrics": {1: len}}, ValueError, "names functions"),
    ],
)
def test_what_is_watched_is_checked_before_any_weight_moves(options, error, message):
    model = network(1)
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fit(model, y=POINTS[:, 0], validation=0.2, **options)
    assert model.state_dict() == before


@both
def test_a_share_is_held_out_by_the_seed(compiled):
    runs = [briefly(model(), validation=0.25, compiled=compiled) for _ in range(2)]
    assert runs[0] == runs[1] and len(runs[0].val_loss) == 5
    assert runs[0].val_loss != runs[0].loss
    with pytest.raises(ValueError, match="hold out 0 of 60"):
        briefly(model(), validation=0.001)
    with pytest.raises(ValueError, match="`validation` must be between 0 and 1"):
        briefly(model(), validation=1.5)


def test_a_label_that_never_occurs_in_training_is_refused():
    three = model(outputs=3)
    with pytest.raises(ValueError, match="`validation y` has class 2 at row 1, which never occurs"):
        briefly(three, validation=(X[:2], [0, 2]))


def test_the_schedule_must_be_made_for_the_optimizer():
    m = model()
    schedule = nn.StepLR(nn.SGD(m.parameters(), lr=1.0), 1)
    with pytest.raises(ValueError, match="must be made for the `optimizer`"):
        briefly(m, optimizer=nn.SGD(m.parameters(), lr=1.0), schedule=schedule)
    with pytest.raises(TypeError, match="`schedule` must be a schedule"):
        briefly(m, optimizer=nn.SGD(m.parameters(), lr=1.0), schedule=0.1)
