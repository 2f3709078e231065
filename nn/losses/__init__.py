"""Losses: how wrong one output is, as a Value to minimise.

`loss(output, target)` takes what the model returns for one example, a Value or a list of them,
and the target, a number or, for several outputs, a sequence. The mean over a batch is taken by
whoever sums. Options go into `fit` by `functools.partial(huber_loss, delta=0.5)`. Invariant:
stable on logits from -1e4 to 1e4, in value and gradient; what is wrong with the arguments is
found before anything is recorded.
"""

from nn.losses.likelihood import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from nn.losses.likelihood import cross_entropy as cross_entropy
from nn.losses.likelihood import log_softmax as log_softmax
from nn.losses.likelihood import nll as nll
from nn.losses.likelihood import nll_loss as nll_loss
from nn.losses.margin import hinge_loss as hinge_loss
from nn.losses.margin import perceptron_loss as perceptron_loss
from nn.losses.regression import huber_loss as huber_loss
from nn.losses.regression import l1_loss as l1_loss
from nn.losses.regression import mse_loss as mse_loss
from nn.losses.regression import squared_error as squared_error
from nn.losses.table import LOSSES as LOSSES
from nn.losses.table import Loss as Loss
from nn.losses.table import kind_of as kind_of
from nn.names import public as _public

__all__ = _public(vars())
