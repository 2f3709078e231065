"""Optimisers: how a gradient moves the parameters; PyTorch's formulas, names and defaults."""

from nn.names import public as _public
from nn.optim.adagrad import Adagrad as Adagrad
from nn.optim.adam import Adam as Adam
from nn.optim.adam import AdamW as AdamW
from nn.optim.optimizer import Optimizer as Optimizer
from nn.optim.rmsprop import RMSprop as RMSprop
from nn.optim.sgd import SGD as SGD

__all__ = _public(vars())
