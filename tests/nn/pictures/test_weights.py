"""The weights of a layer as images."""

import random

import pytest
from layer_examples import linear

import nn
from autograd import Value

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib, the extra `plot`, is missing")


matplotlib.use("Agg")


pyplot = pytest.importorskip("matplotlib.pyplot")


def test_weights_are_images_on_one_symmetric_scale():
    model = linear([[1.0, 2.0, 3.0, -4.0], [0.0, 0.5, 0.25, 5.0]])
    ax = nn.plot_weights(model)
    first, second = ax.images
    assert first.get_array().tolist() == [[1.0, 2.0], [3.0, -4.0]]
    assert second.get_array().tolist() == [[0.0, 0.5], [0.25, 5.0]]
    assert first.get_clim() == second.get_clim() == (-5.0, 5.0)
    assert [text.get_text() for text in ax.texts] == ["0", "1"]
    bar = ax.figure.axes[-1]
    assert bar is not ax and bar.get_ylabel() == "weight"


def test_images_do_not_overlap_and_stand_upright():
    ax = nn.plot_weights(nn.Layer(6, 10, rng=random.Random(0)), (2, 3))
    boxes = [image.get_extent() for image in ax.images]
    for i, (left, right, bottom, top) in enumerate(boxes):
        assert (right - left, bottom - top) == pytest.approx((3.0, 2.0))  # row 0 is at the top
        for other_left, other_right, other_bottom, other_top in boxes[:i]:
            apart = left >= other_right or other_left >= right
            assert apart or top >= other_bottom or other_top >= bottom
    low, high = ax.get_xlim()
    assert all(low <= left and right <= high for left, right, _, _ in boxes)
    assert ax.yaxis_inverted()


def test_weights_of_the_first_layer_inside_a_module():
    class Model(nn.Module):
        def __init__(self):
            self.scale = Value(1.0)
            self.parts = {"in": nn.Layer(4, 3, rng=random.Random(0)), "out": nn.Layer(3, 1)}

    model = Model()
    ax = nn.plot_weights(model, max_images=2)
    assert len(ax.images) == 2 and "the first 2" in ax.get_title()
    weights = [[w.data for w in neuron.weights] for neuron in model.parts["in"].neurons]
    assert [image.get_array().ravel().tolist() for image in ax.images] == weights[:2]


@pytest.mark.parametrize("shape", [None, (2, 2), (-1, -2), (2,), 2, "12", (1.0, 2.0)])
def test_weights_refuse_a_shape_that_does_not_fit(shape):
    with pytest.raises(ValueError, match=r"whole number|rows \* columns = 2"):
        nn.plot_weights(nn.MLP(2, [3, 1]), shape)
    assert not pyplot.get_fignums()


def test_weights_need_a_layer():
    with pytest.raises(ValueError, match="holds no Layer"):
        nn.plot_weights(nn.Neuron(4))
    with pytest.raises(TypeError, match="must be a Module"):
        nn.plot_weights([[1.0]])
