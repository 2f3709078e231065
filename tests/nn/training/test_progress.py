"""The bar: on a terminal, in Jupyter, else silent."""

from small_trainings import fit, fit_arguments, network

import nn


def test_the_progress_bar_is_silent_off_a_terminal(capsys):
    m, arguments = fit_arguments()
    nn.fit(m, **(arguments | {"progress": True}))
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == ""


def test_a_bar_is_shown_in_jupyter(monkeypatch, capsys):
    class ZMQInteractiveShell:
        pass

    class IPython:
        get_ipython = staticmethod(ZMQInteractiveShell)

    monkeypatch.setitem(__import__("sys").modules, "IPython", IPython)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    fit(network(2), progress=True)
    assert "loss 1." in capsys.readouterr().out
