"""Early stopping keeps what was measured."""

import numpy as np
import pytest
from small_trainings import CLASSES, POINTS, both, briefly, fit, network
from small_trainings import POINTS as X
from small_trainings import TILTED as Y
from small_trainings import classifier as model

import nn
from nn.training.history import History


@both
def test_the_weights_that_are_restored_are_those_that_were_measured(compiled):
    model = network(4, 1)

    def callback(history):
        for p in model.parameters():
            p.data += 0.3 if len(history.loss) > 1 else 0.0

    history = fit(
        model,
        epochs=12,
        validation=(POINTS, CLASSES),
        early_stopping=3,
        callbacks=[callback],
        compiled=compiled,
    )
    assert history.best_epoch < len(history.loss)
    restored = fit(model, epochs=1, optimizer=nn.SGD(model.parameters(), lr=1e-300))
    assert restored.loss[0] == pytest.approx(history.val_loss[history.best_epoch - 1], rel=1e-12)


def test_early_stopping_watches_what_it_is_told():
    stopping = nn.EarlyStopping(2, min_delta=10.0, monitor="accuracy")
    history = fit(network(4, 1), epochs=9, validation=0.25, early_stopping=stopping)
    assert len(history.loss) == 3 and history.best_epoch == 1
    assert history.stopped == "no better accuracy for 2 epochs"
    with pytest.raises(ValueError, match="no `f1` to watch in this training; there is loss"):
        fit(network(1), validation=0.25, early_stopping=nn.EarlyStopping(2, monitor="f1"))
    with pytest.warns(nn.TrainingWarning, match="says nothing of new examples"):
        fit(network(1), early_stopping=2)


@both
def test_early_stopping_restores_the_best_weights(compiled):
    m, seen = model(), []

    def spoil(history):
        """Push the weights away after the third epoch, so that it was the best one."""
        seen.append(m.state_dict())
        if len(seen) >= 3:
            for p in m.parameters():
                p.data += 5.0

    history = briefly(
        m, epochs=50, validation=(X, Y), early_stopping=4, callbacks=[spoil], compiled=compiled
    )
    best = int(np.argmin(history.val_loss))
    assert history.best_epoch == best + 1 and len(history.loss) == best + 5
    assert history.stopped == "no better loss for 4 epochs"
    error = [nn.cross_entropy(m(x), int(t)).data for x, t in zip(X, Y, strict=True)]
    assert best == 2
    assert np.mean(error) == pytest.approx(history.val_loss[best], rel=1e-9)


class Weights:
    """An engine, as far as early stopping knows one: its weights are the number of the epoch."""

    epoch, restored = 0, None

    def weights(self):
        return self.epoch

    def restore(self, weights):
        self.restored = weights


def watched(values, stopping, name="loss"):
    """Where a training with these values ends, its best epoch, and what is put back."""
    history, engine = History(), Weights()
    stopping.start()
    for value in values:
        engine.epoch += 1
        history.loss.append(value)
        if name != "loss":
            history[name].append(value) if name in history.curves() else setattr(
                history, name, [value]
            )
        if stopping.note(history, engine):
            break
    engine.restore(stopping.weights)
    return engine.epoch, history.best_epoch, engine.restored


NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "options", "ends"),
    [
        ([3.0, 2.0, 2.0, 2.0, 1.0], {}, (4, 2, 2)),
        ([3.0, 2.0, 2.5, 1.9, 2.0, 2.0, 1.0], {}, (6, 4, 4)),
        ([3.0, 2.5, 2.4, 2.3, 2.2, 1.0], {"min_delta": 0.5}, (5, 3, 3)),
        ([NAN, 3.0, 4.0, 5.0, 1.0], {}, (4, 2, 2)),
        ([NAN, NAN, NAN], {}, (3, 3, 3)),
        ([1.0, NAN, NAN, 0.0], {}, (3, 1, 1)),
        ([-1.0, -2.0, -1.5, -1.5, -3.0], {}, (4, 2, 2)),
        ([], {}, (0, None, None)),
        ([0.0, 0.0, -1.0, -1.0, -1.0], {}, (5, 3, 3)),
    ],
)
def test_epochs_without_a_better_loss_are_counted(values, options, ends):
    assert watched(values, nn.EarlyStopping(2, **options)) == ends


def test_of_an_accuracy_more_is_better():
    stopping = nn.EarlyStopping(2, monitor="accuracy")
    assert watched([0.5, 0.6, 0.6, 0.55, 0.7], stopping, "accuracy") == (4, 2, 2)
    assert watched([0.5, 0.6, 0.6, 0.55, 0.7], stopping, "val_accuracy") == (4, 2, 2)
    wide = nn.EarlyStopping(2, min_delta=0.15, monitor="accuracy")
    assert watched([0.5, 0.6, 0.62, 0.7], wide, "accuracy") == (3, 1, 1)
    loss = nn.EarlyStopping(1)
    assert watched([0.5, 0.6], loss, "val_loss") == (2, 1, 1)
    assert watched([0.6, 0.5], loss) == (2, 2, 2)  # nothing is left of the training before


def test_what_stops_early_is_checked_and_shown():
    assert repr(nn.EarlyStopping(3)) == "EarlyStopping(3, 0.0, 'loss')"
    with pytest.raises(ValueError, match="`early_stopping` must be a whole number of at least 1"):
        nn.EarlyStopping(0)
    with pytest.raises(ValueError, match="`min_delta` must be at least 0 and finite"):
        nn.EarlyStopping(1, min_delta=-0.1)
