"""The bar: on a terminal, in Jupyter, else silent."""

import random

import numpy as np

import nn

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND = [0, 0, 0, 1]


def model(outputs=2, seed=0):
    return nn.MLP(2, [4, outputs], activation="tanh", rng=random.Random(seed))


def fit_arguments(**changes):
    m = model()
    arguments = {"X": X, "y": AND, "optimizer": nn.SGD(m.parameters(), lr=0.1, momentum=0.9)}
    arguments |= {"epochs": 1, "progress": False}
    return m, arguments | changes


def test_the_progress_bar_is_silent_off_a_terminal(capsys):
    m, arguments = fit_arguments()
    nn.fit(m, **(arguments | {"progress": True}))
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == ""


RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 2))
CLASSES = (POINTS[:, 0] + POINTS[:, 1] > 0).astype(int)


def fit(model, X=POINTS, y=CLASSES, **options):
    defaults = {"epochs": 3, "seed": 0, "progress": False}
    return nn.fit(model, X, y, **defaults | options)


def network(*widths, **options):
    return nn.MLP(2, list(widths), rng=random.Random(0), **options)


def test_a_bar_is_shown_in_jupyter(monkeypatch, capsys):
    class ZMQInteractiveShell:
        pass

    class IPython:
        get_ipython = staticmethod(ZMQInteractiveShell)

    monkeypatch.setitem(__import__("sys").modules, "IPython", IPython)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    fit(network(2), progress=True)
    assert "loss 1." in capsys.readouterr().out
