"""micrograd's published demo runs with only the import changed."""

import pytest
from moons_demo import demo, train

import nn
from autograd import Value


def test_the_demo_reaches_100_percent_with_only_the_import_changed():
    model, loss = demo(Value, nn.MLP)
    assert len(model.parameters()) == 337
    seen = train(model, loss, steps=48)  # of its 100, at 0.1 s each: the first with all right
    _, accuracy = loss()
    assert accuracy == 1.0
    assert seen[-1][0] < 0.1 * seen[0][0]


def test_gradients_equal_those_of_micrograd_where_it_is_installed():
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    from micrograd.nn import MLP

    theirs, their_loss = demo(engine.Value, MLP)
    ours, our_loss = demo(Value, nn.MLP)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data = q.data
    for model, loss in ((ours, our_loss), (theirs, their_loss)):
        model.zero_grad()
        loss()[0].backward()
    assert our_loss()[0].data == pytest.approx(their_loss()[0].data, rel=1e-12)
    assert [p.grad for p in ours.parameters()] == pytest.approx(
        [p.grad for p in theirs.parameters()], rel=1e-9, abs=1e-12
    )
