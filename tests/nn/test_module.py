"""Module: freezing, as PyTorch's requires_grad_, through optimisers, fit, files and copies."""

import copy
import pickle

import numpy as np
import pytest

import nn

X = np.random.default_rng(0).normal(size=(12, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(float)


def frozen_first():
    model = nn.MLP(2, [4, 1], activation="tanh", rng=1)
    assert model.layers[0].requires_grad_(False) is model.layers[0]
    return model


def test_a_frozen_parameter_stays_a_parameter_that_no_optimiser_made_now_holds():
    model = frozen_first()
    assert len(model.parameters()) == len(model.state_dict()) == 17
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    assert set(optimizer.params) == set(model.layers[1].parameters())
    model.requires_grad_()
    assert len(nn.SGD(model.parameters(), lr=0.1).params) == 17
    model.requires_grad_(False)
    with pytest.raises(ValueError, match=r"all frozen: call requires_grad_\(True\)"):
        nn.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="all frozen"):
        nn.fit(model, X, Y, loss="mse_loss", progress=False)
    with pytest.raises(TypeError, match="`requires_grad` must be True or False, got 0"):
        model.requires_grad_(0)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("when", ["before", "after", "in a callback"])
def test_training_moves_what_is_not_frozen(compiled, when):
    model = nn.MLP(2, [4, 1], activation="tanh", rng=1)
    first, last = model.layers
    if when == "before":
        first.requires_grad_(False)
    optimizer = nn.Adam(model.parameters(), lr=0.1, weight_decay=0.1)
    if when == "after":
        first.requires_grad_(False)
    before = [first.state_dict(), last.state_dict()]

    def freeze(history):
        if len(history.loss) == 1 and when == "in a callback":
            before[:] = first.requires_grad_(False).state_dict(), last.state_dict()

    nn.fit(
        *(model, X, Y),
        loss="mse_loss",
        optimizer=optimizer,
        epochs=3,
        seed=0,
        compiled=compiled,
        progress=False,
        callbacks=[freeze],
    )
    assert first.state_dict() == before[0]
    assert set(last.state_dict().values()).isdisjoint(before[1].values())
    if when != "in a callback":
        frozen = set(first.parameters())
        assert not any(state for p, state, _ in optimizer.entries() if p in frozen)


def test_both_engines_freeze_alike_and_thawed_parameters_go_on():
    states = []
    for compiled in (True, False):
        model = frozen_first()
        nn.fit(model, X, Y, loss="mse_loss", epochs=2, seed=0, compiled=compiled, progress=False)
        model.requires_grad_()
        nn.fit(model, X, Y, loss="mse_loss", epochs=2, seed=0, compiled=compiled, progress=False)
        states.append(list(model.state_dict().values()))
    assert states[0] == pytest.approx(states[1], rel=1e-12)


def test_clipping_measures_what_is_trained():
    model = frozen_first()
    model([1.0, 2.0]).backward()
    expected = np.sqrt(sum(p.grad**2 for p in model.layers[1].parameters()))
    assert nn.clip_grad_norm(model.parameters(), 1e9) == pytest.approx(expected)


def test_copies_and_pickles_stay_frozen_and_files_are_plain(tmp_path):
    model = frozen_first()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert set(nn.SGD(twin.parameters(), 0.1).params) == set(twin.layers[1].parameters())
    nn.save(model, tmp_path / "m.json")
    loaded = nn.load(tmp_path / "m.json")
    assert loaded.state_dict() == model.state_dict()
    assert len(nn.SGD(loaded.parameters(), 0.1).params) == 17
    nn.load(tmp_path / "m.json", into=model)
    assert len(nn.SGD(model.parameters(), 0.1).params) == 5
