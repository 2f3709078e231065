"""What is recorded of a training."""

import numpy as np
import pytest
from small_trainings import POINTS, fit, network

import nn


def test_metrics_are_kept_by_name():
    def hits(targets, answers):
        return np.mean(targets == answers)

    history = fit(network(2), validation=0.2, metrics={"hits": hits})
    assert history["hits"] == history.accuracy and history["val_hits"] == history.val_accuracy
    assert history["loss"] is history.loss and "hits" in history.report()
    with pytest.raises(KeyError, match="no 'f1'; it has loss, accuracy"):
        history["f1"]
    with pytest.raises(ValueError, match="`metrics` names functions"):
        fit(network(2), metrics={"loss": hits})
    numbers = fit(network(1), y=POINTS[:, 0], metrics={"gap": lambda t, a: np.abs(t - a).max()})
    assert len(numbers["gap"]) == 3


def test_a_history_is_looked_at_as_a_dict():
    history = fit(network(2), metrics={"hits": lambda t, a: 1.0})
    assert "loss" in history and "hits" in history and "val_loss" not in history
    assert list(history) == history.keys() == ["loss", "accuracy", "lr", "hits"]
    assert dict(history)["loss"] is history.loss


def test_an_observer_reads_the_history_and_changes_nothing():
    class Observer(nn.training.history.Observer):
        def __call__(self, history):
            return history.loss[-1] < 1e9

    history = fit(network(2), callbacks=[Observer()])
    assert len(history.loss) == 1


def test_an_error_has_the_history_up_to_then():
    model = network(1)

    def explode(history):
        if len(history.loss) == 2:
            model.parameters()[0].data = 1e200

    with pytest.raises(nn.DivergedError, match="no longer finite in epoch 3") as caught:
        fit(model, y=POINTS[:, 0], loss="mse_loss", epochs=5, callbacks=[explode])
    assert len(caught.value.history.loss) == 2


def test_a_history_is_short():
    history = fit(network(2), epochs=1)
    assert repr(history).startswith("History(1 epoch, loss 1.")
    history.loss[-1] = 1e209
    assert "loss 1e+209" in repr(history)
