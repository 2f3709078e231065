"""A loss that learns a Value of its module's, which no pickle carries to another process."""

from autograd import Value

scale = Value(1.5)
offset = Value(0.25)


def scaled(output, target):
    """The squared error of an output that is scaled and moved."""
    return (scale * output + offset - target) ** 2
