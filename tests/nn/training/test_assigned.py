"""A program keeps the parameters it has read: data that are assigned, however, are seen."""

import numpy as np
import pytest

import autograd
import nn

X, Y = np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]), np.array([1.0, -2.0, 0.5])


def by_assignment(model, path):
    model.parameters()[0].data = 5.0


def by_another_state(model, path):
    model.load_state_dict({name: 0.5 for name, _ in model.named_parameters()})


def by_a_file(model, path):
    twin = nn.MLP(2, [3, 1], activation="tanh")
    nn.save(twin, path)
    nn.load(path, into=model)


def by_an_optimizer(model, path):
    for p in model.parameters():
        p.grad = 1.0
    nn.SGD(model.parameters(), lr=0.5).step()


def by_training(model, path):
    nn.fit(model, X, Y, loss="mse_loss", epochs=2, progress=False)


def by_eager_training(model, path):
    nn.fit(model, X, Y, loss="mse_loss", epochs=2, progress=False, compiled=False)


def by_a_callback(model, path):
    def halve(history):
        for p in model.parameters():
            p.data *= 0.5

    nn.fit(model, X, Y, loss="mse_loss", epochs=2, progress=False, callbacks=[halve])


WAYS = [
    by_assignment,
    by_another_state,
    by_a_file,
    by_an_optimizer,
    by_training,
    by_eager_training,
    by_a_callback,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("batch", [False, True])
def test_a_program_sees_data_however_they_are_assigned(way, batch, tmp_path):
    model = nn.MLP(2, [3, 1], activation="tanh")
    program = autograd.compile(lambda x: model(x) * 1.0, batch=batch)
    given = X if batch else X[0]
    program(given), nn.predict(model, X)
    way(model, tmp_path / "model.json")
    with autograd.no_grad():
        expected = [model(x).data for x in X.tolist()]
    found = program(given)
    assert np.ravel(found) == pytest.approx(expected if batch else expected[:1], rel=1e-12)
    assert nn.predict(model, X).ravel() == pytest.approx(expected, rel=1e-12)
    assert program.mean(given).data == pytest.approx(float(np.mean(found)), rel=1e-12)
