"""Epochs, callbacks, schedules, and how a training ends."""

import numpy as np
import pytest
from small_trainings import (
    AND,
    CLASSES,
    POINTS,
    both,
    briefly,
    classifier,
    dropout_model,
    fit,
    network,
)
from small_trainings import CORNERS as X
from small_trainings import gate as model

import nn
from autograd import Value


def test_callbacks_see_the_weights_and_ctrl_c_keeps_them():
    m = model()
    seen = [m.state_dict()]

    def callback(history):
        assert m.state_dict() != seen[-1]
        seen.append(m.state_dict())
        if len(seen) == 4:
            raise KeyboardInterrupt

    history = nn.fit(m, X, AND, epochs=50, callbacks=[callback], progress=False)
    assert m.state_dict() == seen[-1] and len(seen) == 4
    assert history.stopped == "interrupted" and len(history.loss) == 3


@pytest.mark.parametrize("compiled", [True, False])
def test_what_a_callback_changes_counts(compiled):
    m = model()
    optimizer = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)

    def reset(history):
        for p in m.parameters():
            p.data = 0.25

    nn.fit(m, X, AND, optimizer=optimizer, epochs=2, callbacks=[reset], compiled=compiled)
    assert set(m.state_dict().values()) == {0.25}


@pytest.mark.parametrize("change", ["data", "state", "frozen"])
def test_all_that_a_callback_changes_is_seen_by_both_engines(change):
    runs = []
    for compiled in (True, False):
        m, frozen = model(1), Value(1.0)
        optimizer = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)

        def callback(history, m=m, frozen=frozen, optimizer=optimizer):
            if change == "data":
                for p in m.parameters():
                    p.data = max(-0.2, min(0.2, p.data))
            elif change == "state":
                for state in optimizer.state:
                    state.clear()
            else:
                frozen.data *= 0.5

        history = nn.fit(
            m,
            X,
            AND,
            loss=lambda o, t, f=frozen: (o - t) ** 2 * f,
            epochs=4,
            seed=0,
            optimizer=optimizer,
            callbacks=[callback],
            compiled=compiled,
        )
        runs.append(history.loss)
    assert runs[0] == pytest.approx(runs[1], rel=1e-11)


@both
def test_weights_validation_and_a_callback_that_evaluates(compiled):
    model = network(2)
    history = fit(
        model,
        sample_weight=np.linspace(0.5, 1.5, 60),
        validation=(POINTS, CLASSES),
        callbacks=[lambda h: model.eval() and None],
        compiled=compiled,
    )
    assert len(history.val_loss) == 3


def test_callbacks_after_each_batch():
    losses, model = [], network(2)
    weight = model.parameters()[0]
    before = weight.data

    def note(loss):
        losses.append((loss, weight.data))
        return len(losses) == 3

    history = fit(model, batch_size=15, shuffle=False, batch_callbacks=[note])
    assert len(losses) == 3 and len({*losses, (0.0, before)}) == 4
    assert history.stopped == "a callback returned True"
    assert history.loss == []  # three of four batches are no epoch


def test_batch_callbacks_may_add_groups_and_set_what_is_not_trained():
    runs = []
    for compiled in (True, False):
        losses, model = [], network(3, 1)
        optimizer = nn.SGD(model.layers[1].parameters(), lr=0.1)
        bias, added = model.layers[0].neurons[0].bias, model.layers[0].parameters()[:2]

        def change(loss, losses=losses, bias=bias, added=added, optimizer=optimizer):
            losses.append(loss)
            bias.data += 0.5
            if len(losses) == 2:
                optimizer.add_param_group({"params": added, "lr": 0.05})

        fit(model, optimizer=optimizer, batch_size=15, batch_callbacks=[change], compiled=compiled)
        runs.append(losses)
        assert added[0].grad != 0.0
    assert runs[0] == pytest.approx(runs[1], rel=1e-10)


@both
def test_a_callback_that_returns_true_ends_the_training(compiled):
    history = briefly(classifier(), callbacks=[lambda h: len(h.loss) == 2], compiled=compiled)
    assert len(history.loss) == 2 and history.stopped == "a callback returned True"


def test_schedules_step_by_epoch_and_by_batch():
    m = classifier()
    optimizer = nn.SGD(m.parameters(), lr=1.0)
    history = briefly(m, schedule=nn.ExponentialLR(optimizer, 0.5))
    assert history.lr == [0.5, 0.25, 0.125, 0.0625, 0.03125]
    optimizer = nn.SGD(m.parameters(), lr=1.0)
    schedule = nn.OneCycleLR(optimizer, max_lr=0.4, total_steps=40)
    briefly(m, optimizer=optimizer, schedule=schedule)
    assert schedule.step_count == 5 * 8
    with pytest.raises(ValueError, match="has 0 steps left, but this training takes 8"):
        briefly(m, optimizer=optimizer, schedule=schedule, epochs=1)
    plateau = nn.ReduceLROnPlateau(nn.SGD(m.parameters(), lr=1e-4), patience=0, threshold=0.5)
    history = briefly(m, schedule=plateau)
    assert history.lr[-1] < 1e-4


@both
def test_an_error_in_a_callback_keeps_what_callbacks_changed(compiled):
    m = classifier()

    def callback(history):
        m.layers[0].neurons[0].bias.data = 77.0
        raise RuntimeError("stop here")

    with pytest.raises(RuntimeError, match="stop here"):
        briefly(m, callbacks=[callback], compiled=compiled)
    assert m.layers[0].neurons[0].bias.data == 77.0


@both
def test_modes_of_parts_are_put_back_and_a_callback_can_change_them(compiled):
    m = dropout_model()
    m[0].eval()
    seen = []

    def freeze(history):
        seen.append(m[1].training)
        m[1].eval()

    state = None

    def watch(history):
        nonlocal state
        now = m[1].generator.bit_generator.state
        if len(history.loss) > 2:
            assert now == state
        state = now

    briefly(m, callbacks=[freeze, watch], compiled=compiled)
    assert (m[0].training, m[1].training, m[2].training) == (False, False, True)
    assert seen == [True, False, False, False, False]
