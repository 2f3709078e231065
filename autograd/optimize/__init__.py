"""optimize: minima and zeros of plain functions of nested scalars, by SciPy's solvers.

The derivatives that a method takes are exact; results are nested as the start of the search is.
Invariant: nothing here imports SciPy before a solver is called.
"""

from autograd.optimize.minimize import minimize as minimize
from autograd.optimize.root import root as root
