"""autograd: scalar reverse-mode automatic differentiation you can read and see.

Compute with `Value`s as with numbers, call `backward()` on the result, read `.grad`.
"""

from autograd.anomaly import detect_anomaly as detect_anomaly
from autograd.compiler import Program as Program
from autograd.compiler import compile as compile
from autograd.custom import primitive as primitive
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
from autograd.functions import where as where
from autograd.gradcheck import gradcheck as gradcheck
from autograd.optimize import minimize as minimize
from autograd.optimize import root as root
from autograd.primitives import abs as abs
from autograd.primitives import arccos as arccos
from autograd.primitives import arccosh as arccosh
from autograd.primitives import arcsin as arcsin
from autograd.primitives import arcsinh as arcsinh
from autograd.primitives import arctan as arctan
from autograd.primitives import arctanh as arctanh
from autograd.primitives import cos as cos
from autograd.primitives import cosh as cosh
from autograd.primitives import erf as erf
from autograd.primitives import exp as exp
from autograd.primitives import expm1 as expm1
from autograd.primitives import log as log
from autograd.primitives import log1p as log1p
from autograd.primitives import maximum as maximum
from autograd.primitives import minimum as minimum
from autograd.primitives import relu as relu
from autograd.primitives import sigmoid as sigmoid
from autograd.primitives import sin as sin
from autograd.primitives import sinh as sinh
from autograd.primitives import softplus as softplus
from autograd.primitives import sqrt as sqrt
from autograd.primitives import tan as tan
from autograd.primitives import tanh as tanh
from autograd.recording import no_grad as no_grad
from autograd.value import Value as Value
from autograd.visual.draw import draw as draw
from autograd.visual.explain import explain as explain
from autograd.visual.stepper import stepper as stepper
from autograd.visual.why import why as why
