"""minimize and root: known minima and zeros, exact derivatives, nested results, refusals."""

import math
import sys
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from scipy import optimize
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

import autograd
from autograd import Value
from autograd.optimize import METHODS, minimize, root

GRADIENT_METHODS = [name for name in METHODS if "jac" in METHODS[name]]
ROOT_METHODS = "hybr", "lm"
BOUNDED = [*METHODS][:4]
BOUNDED += ["L-BFGS-B", "TNC", "SLSQP", "trust-constr"]
# COBYQA came with SciPy 1.14
SCIPYS = [name for name in METHODS if name != "COBYQA" or hasattr(optimize, "_cobyqa_py")]


def rosenbrock(x):
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def bowl(p):
    """Minimum 1.5 at a = 3, b = (-1,)."""
    return (p["a"] - 3) ** 2 + 2 * (p["b"][0] + 1) ** 2 + 1.5


BOWL_START = {"a": 0.0, "b": (1.0,)}


# minima


@pytest.mark.parametrize("method", ["BFGS", "Newton"])
def test_rosenbrocks_valley(method):
    result = minimize(rosenbrock, [-1.2, 1.0], method=method)
    assert result.success
    assert result.x == pytest.approx([1.0, 1.0], abs=1e-5)
    assert result.fun == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("method", ["BFGS", "Newton"])
def test_rosenbrocks_valley_in_ten_dimensions(method):
    result = minimize(rosenbrock, [0.5] * 10, method=method)
    assert result.success
    assert result.x == pytest.approx([1.0] * 10, abs=1e-4)


@pytest.mark.parametrize("method", SCIPYS)
def test_every_method_finds_the_minimum_of_a_bowl(method):
    result = minimize(bowl, BOWL_START, method=method)
    assert result.success
    assert result.x["a"] == pytest.approx(3.0, abs=1e-3)
    assert result.x["b"] == (pytest.approx(-1.0, abs=1e-3),)
    assert result.fun == pytest.approx(1.5, abs=1e-6)
    if method in GRADIENT_METHODS:
        assert result.jac["a"] == pytest.approx(2 * (result.x["a"] - 3), abs=1e-12)
        assert result.jac["b"] == (pytest.approx(4 * (result.x["b"][0] + 1), abs=1e-12),)
    else:
        assert "jac" not in result


@pytest.mark.parametrize("method", SCIPYS)
def test_a_scalar_start_gives_a_scalar(method):
    result = minimize(lambda x: autograd.cosh(x - 2), 0.5, method=method)
    assert type(result.x) is float and isinstance(result.fun, float)
    assert result.x == pytest.approx(2.0, abs=1e-3)


def test_least_squares_with_a_dictionary_of_parameters():
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(20, 3)), generator.normal(size=20)
    exact = np.linalg.lstsq(np.column_stack([X, np.ones(20)]), y, rcond=None)[0]

    def squares(p, rows, targets):
        errors = [
            autograd.dot(p["weights"], row) + p["bias"] - target
            for row, target in zip(rows, targets, strict=True)
        ]
        return sum(error * error for error in errors)

    start = {"weights": [0.0, 0.0, 0.0], "bias": 0.0}
    for method, tolerance in (("BFGS", 1e-6), ("Newton", 1e-12)):
        result = minimize(squares, start, args=(X.tolist(), y.tolist()), method=method)
        assert result.x["weights"] == pytest.approx(exact[:3], abs=tolerance)
        assert result.x["bias"] == pytest.approx(exact[3], abs=tolerance)
        assert result.jac.keys() == {"weights", "bias"} and len(result.jac["weights"]) == 3
    assert result.nit == 1  # Newton: a quadratic function


def test_logistic_regression_as_scikit_learn_fits_it():
    X, y = load_iris(return_X_y=True)
    X, y = X[60:140:2, :2], y[60:140:2] - 1  # two kinds that overlap, 40 flowers
    model = LogisticRegression(C=2.0, tol=1e-12, solver="newton-cholesky").fit(X, y)

    def loss(p):
        def surprise(row, label):
            z = autograd.dot(p["w"], row) + p["b"]
            return autograd.softplus(-z if label else z)

        data = sum(surprise(*pair) for pair in zip(X.tolist(), y.tolist(), strict=True))
        return 2.0 * data + sum(w * w for w in p["w"]) / 2

    for method, tolerance in (("BFGS", 1e-4), ("Newton", 1e-8)):
        result = minimize(loss, {"w": [0.0, 0.0], "b": 0.0}, method=method, tol=1e-5)
        assert result.success
        assert result.x["w"] == pytest.approx(model.coef_[0], abs=tolerance)
        assert result.x["b"] == pytest.approx(model.intercept_[0], abs=tolerance * 10)


# Newton


def test_newton_squares_the_error_at_each_step():
    errors = []
    result = minimize(
        lambda x: x - autograd.log(x),
        0.5,
        method="Newton",
        tol=1e-5,
        callback=lambda x: errors.append(1 - x),  # Newton's x is 2x - x^2, so 1 - x is squared
    )
    assert errors[:5] == [0.5**2, 0.5**4, 0.5**8, 0.5**16, 0.5**32]
    assert result.nit == 5 and result.nhev == 6
    assert result.x == 1 - 0.5**32


def test_the_exact_hessian_is_used_and_returned():
    def f(p):
        return autograd.exp(p["x"]) - p["x"] + p["y"][0] ** 2 * (1 + p["x"] ** 2)

    for method in ("Newton", "trust-exact"):
        result = minimize(f, {"x": 1.0, "y": [1.0]}, method=method, tol=1e-9)
        assert result.nhev > 0
        assert result.hess["x"] == {"x": pytest.approx(1.0), "y": [pytest.approx(0.0, abs=1e-8)]}
        assert result.hess["y"][0]["y"] == [pytest.approx(2.0)]
    for method in ("Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"):
        assert minimize(f, {"x": 1.0, "y": [1.0]}, method=method).nhev > 0


def test_newton_leaves_a_saddle():
    def saddle(p):
        x, y = p
        return x**2 - y**2 + y**4  # minima -1/4 at y^2 = 1/2

    result = minimize(saddle, [1.0, 0.0], method="Newton", options={"gtol": 1e-8})
    assert result.success
    assert result.fun == pytest.approx(-0.25, abs=1e-15)
    assert minimize(saddle, [1.0, 0.0], method="BFGS").fun == pytest.approx(0.0, abs=1e-9)


def test_newton_says_where_rounding_stops_it():
    def offset(x):
        return 1e9 + (x - 1) ** 2 + (x - 1) ** 4

    result = minimize(offset, 1.5, method="Newton")
    assert not result.success and result.x == pytest.approx(1.0, abs=1e-3)
    assert minimize(offset, 1.5, method="Newton", tol=1e-3).success


# evaluations


def test_value_and_gradient_come_from_one_evaluation():
    calls = []

    def counted(x):
        calls.append(x)
        return rosenbrock(x)

    for method in ("BFGS", "L-BFGS-B", "CG"):
        calls.clear()
        assert minimize(counted, [-1.2, 1.0], method=method).nfev == len(calls)


def test_exact_derivatives_save_evaluations():
    start = [0.5] * 10
    exact = minimize(rosenbrock, start)
    numeric = optimize.minimize(rosenbrock, start, method="BFGS")
    assert exact.nfev * 8 < numeric.nfev  # a numeric gradient takes ten more
    assert exact.fun < numeric.fun

    def system(x):  # Broyden's tridiagonal function
        padded = [0.0, *x, 0.0]
        triples = zip(padded, padded[1:], padded[2:], strict=False)
        return [(3 - 2 * b) * b - a - 2 * c + 1 for a, b, c in triples]

    for method in ROOT_METHODS:
        with_jacobian = root(system, [-1.0] * 10, method=method)
        without = optimize.root(system, [-1.0] * 10, method=method)
        assert with_jacobian.success and with_jacobian.njev > 0
        assert with_jacobian.x == pytest.approx(without.x)
        assert with_jacobian.nfev < without.nfev


# options, callbacks, bounds


def test_gtol_and_tol():
    for settings in ({"tol": 1e-2}, {"options": {"gtol": 1e-2}}):
        for method in ("BFGS", "Newton"):
            loose = minimize(rosenbrock, [-1.2, 1.0], method=method, **settings)
            assert loose.success and max(map(abs, loose.jac)) <= 1e-2
            assert loose.nfev < minimize(rosenbrock, [-1.2, 1.0], method=method, tol=1e-9).nfev


@pytest.mark.parametrize("method", SCIPYS)
def test_a_callback_sees_the_structure(method):
    seen = []
    result = minimize(
        lambda p: (p["a"] - 3) ** 2 + (p["b"][0] - p["a"]) ** 2,
        {"a": 10.0, "b": (4.0,)},
        method=method,
        callback=seen.append,
    )
    assert result.success and seen
    assert all(set(p) == {"a", "b"} and type(p["b"][0]) is float for p in seen)


def test_a_callback_may_stop():
    def stop(x):
        raise StopIteration

    result = minimize(rosenbrock, [-1.2, 1.0], callback=stop)
    assert not result.success and result.nit == 1


def test_errors_of_the_function_and_of_the_callback_are_theirs():
    def refuse(p):
        raise ValueError("mine")

    def later(x):
        return x * x if x.data == 3.0 else refuse(x)

    for method in ("Newton", "BFGS"):
        with pytest.raises(ValueError, match="mine"):
            minimize(later, 3.0, method=method)
        with pytest.raises(ValueError, match="mine"):
            minimize(lambda x: x**4, 3.0, method=method, callback=refuse)


@pytest.mark.parametrize("method", BOUNDED)
def test_bounds_stand_in_the_order_of_the_start(method):
    if method not in SCIPYS:
        pytest.skip("this SciPy has no such method")
    for bounds in ([(None, 2.0), (None, None)], optimize.Bounds([-5.0, -5.0], [2.0, 5.0])):
        result = minimize(bowl, BOWL_START, method=method, bounds=bounds)
        assert result.x["a"] == pytest.approx(2.0, abs=1e-3) and result.x["a"] <= 2.0
        assert result.x["b"] == (pytest.approx(-1.0, abs=1e-2),)
    scalar = minimize(lambda x: x * x, 3.0, method=method, bounds=[(1, None)])
    assert scalar.x == pytest.approx(1.0, abs=1e-3)


def test_bounds_need_no_method():
    for bounds in ([(None, 2.0), (None, None)], optimize.Bounds([-5.0, -5.0], [2.0, 5.0])):
        result = minimize(bowl, BOWL_START, bounds=bounds)
        assert result.success and result.x["a"] == 2.0
    rosenbrock_in_a_box = minimize(rosenbrock, [-1.2, 1.0], bounds=[(0.0, 0.5), (-1.0, 2.0)])
    assert rosenbrock_in_a_box.x == pytest.approx([0.5, 0.25], rel=1e-6)


def test_bounds_that_scipy_refuses():
    with pytest.warns(RuntimeWarning, match="Method BFGS cannot handle"):
        minimize(bowl, BOWL_START, method="BFGS", bounds=[(0, 1), (None, None)])
    for bounds in ([(2, 1), (None, None)], [(0, 1)] * 3, {"a": (0, 1), "b": [(None, None)]}):
        with pytest.raises((ValueError, TypeError)):
            minimize(bowl, BOWL_START, method="L-BFGS-B", bounds=bounds)


# what is not finite


@pytest.mark.parametrize("method", ["TNC", "SLSQP", "Nelder-Mead"])
def test_methods_of_scipy_that_come_back_from_nan(method):
    """100 x - log(x), whose minimum is at 1/100; the first steps lead far below 0."""
    result = minimize(lambda x: 100 * x - autograd.log(x), 50.0, method=method)
    assert result.success and result.fun == pytest.approx(1 + math.log(100), abs=1e-4)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # SciPy subtracts infinite numbers
def test_where_the_function_is_not_finite_is_no_success():
    result = minimize(lambda p: -autograd.exp(p["a"]), {"a": 1.0}, method="L-BFGS-B")
    assert result.fun == -math.inf and not result.success
    assert result.message.endswith(" The function is not finite at `x`.")
    result = root(autograd.log, -1.0, method="lm")
    assert math.isnan(result.fun) and not result.success
    assert result.message.endswith(" The function is not finite at `x`.")


def test_a_constant_is_a_minimum_everywhere():
    for method in GRADIENT_METHODS:
        for constant in (3.0, Value(3.0)):
            result = minimize(lambda x, constant=constant: constant, [1.0, 2.0], method=method)
            assert result.success or method == "dogleg"  # it wants a positive definite Hessian
            assert result.x == [1.0, 2.0] and result.fun == 3.0 and result.jac == [0.0, 0.0]


# zeros


@pytest.mark.parametrize("method", ROOT_METHODS)
def test_a_circle_and_a_line(method):
    def crossing(p):
        return {"circle": p["x"] ** 2 + p["y"] ** 2 - 25, "line": (p["y"] - p["x"] - 1,)}

    result = root(crossing, {"x": 2.5, "y": 3.5}, method=method)
    assert result.success
    assert result.x == {"x": pytest.approx(3.0), "y": pytest.approx(4.0)}
    zero = pytest.approx(0.0, abs=1e-12)
    assert result.fun == {"circle": zero, "line": (zero,)}


def test_keplers_equation():
    def kepler(E, e, M):
        return E - e * autograd.sin(E) - M

    for e in (0.1, 0.5, 0.9):
        for M in (0.2, 1.0, 2.5):
            result = root(kepler, M, args=(e, M))
            exact = mpmath.findroot(lambda E, e=e, M=M: E - e * mpmath.sin(E) - M, M + e / 2)
            assert result.success and type(result.x) is float
            assert result.x == pytest.approx(float(exact), rel=1e-12)
            assert result.fun == pytest.approx(0.0, abs=1e-12)


def test_the_jacobian_is_exact():
    def f(p):
        return [p[0] * p[1] - 2.0, autograd.exp(p[0]) - p[1]]

    result = root(f, [1.0, 2.0], options={"xtol": 1e-15})
    x = mpmath.findroot(lambda x: x * mpmath.exp(x) - 2, 0.9)
    assert result.x == pytest.approx([float(x), float(mpmath.exp(x))], rel=1e-14)


def test_results_in_another_order_are_the_same_equations():
    calls = []

    def f(p):
        calls.append(p)
        found = {"a": p[0] + p[1] - 3, "b": p[0] - 2 * p[1]}
        return found if len(calls) % 2 else dict(reversed(found.items()))

    assert root(f, [5.0, 5.0]).x == pytest.approx([2.0, 1.0])


def test_levenberg_and_marquardt_take_more_equations():
    result = root(lambda x: [x - 1, x - 2, x - 6], 0.0, method="lm")
    assert result.success and result.x == pytest.approx(3.0)  # the mean
    assert result.fun == pytest.approx([2.0, 1.0, -3.0])


def test_no_zero_is_no_success():
    result = root(lambda x: x * x + 1, 1.0)
    assert not result.success and result.fun >= 1.0


# what belongs to the caller


def test_nothing_of_the_callers_is_changed():
    weight = Value(2.0, label="weight")
    start = {"a": Value(0.0), "b": [1, np.float64(2.0)]}
    start["a"].grad = weight.grad = 7.0

    def f(p):
        p["c"] = p["b"].pop()  # its own copy
        return (p["a"] - weight) ** 2 + (p["b"][0] + 1) ** 2 + p["c"] ** 2

    for method in ("BFGS", "Newton", "Nelder-Mead"):
        result = minimize(f, start, method=method)
        assert result.x["a"] == pytest.approx(2.0, abs=1e-3)
        assert type(result.x["a"]) is float
    root(lambda p: [p["a"] - weight, *p["b"]], start)
    assert start["b"] == [1, 2.0] and start["a"].data == 0.0
    assert (start["a"].grad, weight.grad, weight.data) == (7.0, 7.0, 2.0)


def test_inside_no_grad():
    with autograd.no_grad():
        assert minimize(bowl, BOWL_START, method="Newton").x["a"] == pytest.approx(3.0)
        assert root(lambda x: x * x - 2, 1.0).x == pytest.approx(math.sqrt(2))


# errors


@pytest.mark.parametrize("solver", [minimize, root])
def test_errors_of_both(solver, monkeypatch):
    name = solver.__name__
    with pytest.raises(TypeError, match=f"`{name}` needs a function, got 3"):
        solver(3, 1.0)
    for empty in ([], {}, [(), {}]):
        with pytest.raises(ValueError, match="`x0` must hold one scalar or more, got"):
            solver(lambda x: x, empty)
    with pytest.raises(TypeError, match="`x0` must be a real number, got the string 'one'"):
        solver(lambda x: x, ["one"])
    with pytest.raises(ValueError, match=f"`{name}` has no method 'Neuton': choose one of `"):
        solver(lambda x: x, 1.0, method="Neuton")
    with pytest.raises(ValueError, match=f"`{name}` has no method 3: choose one of `"):
        solver(lambda x: x, 1.0, method=3)
    with pytest.raises(TypeError, match=r"returned None: is its `return` missing|got None of type"):
        solver(lambda x: None, 1.0)
    for derivative in (autograd.grad, autograd.compile):
        with pytest.raises(TypeError, match=f"`{name}` was called in a function that is being"):
            derivative(lambda a: a * solver(lambda x: (x - 2) ** 2, 1.0).x)(3.0)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"needs SciPy: pip install 'seegrad\[optimize\]'"):
        solver(lambda x: x * x, 1.0)


def test_minimize_needs_one_scalar():
    for several in ([1.0, 2.0], (1.0,), {"a": 1.0}, np.ones(2)):
        with pytest.raises(TypeError, match=r"one scalar result, got .*: return the sum of squar"):
            minimize(lambda x, several=several: several, 1.0)


def test_root_needs_as_many_equations_as_unknowns():
    with pytest.raises(ValueError, match="`root` has 2 unknowns, but `f` returned 1"):
        root(lambda p: p[0] * p[1], [1.0, 2.0])
    with pytest.raises(ValueError, match="`root` has 1 unknowns, but `f` returned 2"):
        root(lambda x: [x, x], 1.0)
    with pytest.raises(TypeError, match="Improper input"):
        root(lambda p: p[0] * p[1], [1.0, 2.0], method="lm")


@pytest.mark.parametrize("method", GRADIENT_METHODS)
def test_arrays_in_arrays_out(method):
    start = {"a": np.array([[0.5, 1.0], [1.5, 2.0]]), "b": 0.3}
    seen = []

    def f(p):
        return np.sum((p["a"] - 3.0) ** 2) + (p["b"] + 1.0) ** 2 * 2.0

    result = minimize(f, start, method=method, callback=seen.append)
    assert result.success and result.x["a"].shape == seen[-1]["a"].shape == (2, 2)
    assert result.x["a"] == pytest.approx(np.full((2, 2), 3.0), abs=1e-3)
    assert result.jac["a"].shape == (2, 2) and result.jac["a"].dtype == float
    if "hess" in METHODS[method]:
        assert result.hess["b"]["b"] == pytest.approx(4.0)
        assert result.hess["a"][0, 1]["a"].tolist() == [[0.0, 2.0], [0.0, 0.0]]
    assert start["a"].tolist() == [[0.5, 1.0], [1.5, 2.0]]


def test_a_system_of_arrays():
    A = np.array([[2.0, 1.0], [1.0, 3.0]])
    result = root(lambda x: A @ x - np.array([3.0, 5.0]), np.array([0.0, 0.0]))
    assert result.success and result.x == pytest.approx(np.array([0.8, 1.4]))
    assert root(lambda p: A @ p["x"], {"x": np.ones(2)}).x["x"] == pytest.approx(np.zeros(2))
    assert isinstance(result.fun, np.ndarray) and result.fun.shape == (2,)
    assert root(lambda x: x * x - 2.0, np.array(1.0)).x == pytest.approx(math.sqrt(2.0))
