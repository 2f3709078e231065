"""Schedules: how the learning rate changes as training goes on; PyTorch's names and formulas."""

from nn.names import public as _public
from nn.schedules.decay import CosineAnnealingLR as CosineAnnealingLR
from nn.schedules.decay import ExponentialLR as ExponentialLR
from nn.schedules.decay import LambdaLR as LambdaLR
from nn.schedules.decay import StepLR as StepLR
from nn.schedules.one_cycle import OneCycleLR as OneCycleLR
from nn.schedules.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from nn.schedules.schedule import Schedule as Schedule
from nn.schedules.warm_up import WarmUp as WarmUp

__all__ = _public(vars())
