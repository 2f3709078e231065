"""autograd: scalar reverse-mode automatic differentiation you can read and see.

Compute with `Value`s as with numbers, call `backward()` on the result, read `.grad`.
"""

from types import ModuleType as _Module

from autograd.checking.anomaly import detect_anomaly as detect_anomaly
from autograd.checking.by_hand import assert_gradients as assert_gradients
from autograd.checking.by_hand import check as check
from autograd.checking.exercises import exercise as exercise
from autograd.checking.gradcheck import gradcheck as gradcheck
from autograd.compiler import Program as Program
from autograd.compiler import compile as compile
from autograd.custom import primitive as primitive
from autograd.engine.table import abs as abs
from autograd.engine.table import arccos as arccos
from autograd.engine.table import arccosh as arccosh
from autograd.engine.table import arcsin as arcsin
from autograd.engine.table import arcsinh as arcsinh
from autograd.engine.table import arctan as arctan
from autograd.engine.table import arctan2 as arctan2
from autograd.engine.table import arctanh as arctanh
from autograd.engine.table import cbrt as cbrt
from autograd.engine.table import ceil as ceil
from autograd.engine.table import clip as clip
from autograd.engine.table import cos as cos
from autograd.engine.table import cosh as cosh
from autograd.engine.table import erf as erf
from autograd.engine.table import exp as exp
from autograd.engine.table import exp2 as exp2
from autograd.engine.table import expm1 as expm1
from autograd.engine.table import floor as floor
from autograd.engine.table import floor_divide as floor_divide
from autograd.engine.table import hypot as hypot
from autograd.engine.table import log as log
from autograd.engine.table import log1p as log1p
from autograd.engine.table import log2 as log2
from autograd.engine.table import log10 as log10
from autograd.engine.table import logaddexp as logaddexp
from autograd.engine.table import maximum as maximum
from autograd.engine.table import minimum as minimum
from autograd.engine.table import mod as mod
from autograd.engine.table import relu as relu
from autograd.engine.table import sigmoid as sigmoid
from autograd.engine.table import sign as sign
from autograd.engine.table import sin as sin
from autograd.engine.table import sinh as sinh
from autograd.engine.table import softplus as softplus
from autograd.engine.table import sqrt as sqrt
from autograd.engine.table import tan as tan
from autograd.engine.table import tanh as tanh
from autograd.engine.value import Value as Value
from autograd.functional import grad as grad
from autograd.functional import hessian as hessian
from autograd.functional import hvp as hvp
from autograd.functional import jacobian as jacobian
from autograd.functional import jvp as jvp
from autograd.functional import value_and_grad as value_and_grad
from autograd.functional import vjp as vjp
from autograd.functions import dot as dot
from autograd.functions import logsumexp as logsumexp
from autograd.functions import softmax as softmax
from autograd.functions import take as take
from autograd.functions import where as where
from autograd.grad_mode import no_grad as no_grad
from autograd.optimize import minimize as minimize
from autograd.optimize import root as root
from autograd.pictures.draw import draw as draw
from autograd.pictures.stepper import stepper as stepper
from autograd.words.explain import explain as explain
from autograd.words.why import why as why

__all__ = [
    name
    for name, item in tuple(vars().items())
    if not (name.startswith("_") or isinstance(item, _Module))
]
