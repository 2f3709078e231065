"""Optimisers: how a gradient moves the parameters; PyTorch's formulas, names and defaults."""

from types import ModuleType as _Module

from nn.optim.adagrad import Adagrad as Adagrad
from nn.optim.adam import Adam as Adam
from nn.optim.adam import AdamW as AdamW
from nn.optim.optimizer import Optimizer as Optimizer
from nn.optim.rmsprop import RMSprop as RMSprop
from nn.optim.sgd import SGD as SGD

__all__ = [
    name
    for name, item in tuple(vars().items())
    if not (name.startswith("_") or isinstance(item, _Module))
]
