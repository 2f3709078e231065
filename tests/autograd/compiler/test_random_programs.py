"""Random programs over all rows: backward, grad, forward mode, compiled replay and PyTorch agree.

The tolerance is 1e-12 of the condition: of the sum, over all ways from the root to a node, of the
absolute products of partials; for the root's own value, of that times the numbers on the way.
"""

from itertools import cycle

import pytest
from drawn_programs import NAMES, OPERATORS, DrawnProgram, Step, choice, half, programs
from hypothesis import HealthCheck, given, seed, settings
from random_programs import condition
from repeats import repeats

import autograd
from autograd import Value, value_and_grad
from autograd.compiler import source
from autograd.engine.primitive import TABLE

BLOCKS, PROGRAMS = repeats(1), 240


def for_each(number, block=0):
    """Call a check on `number` programs, the same in every run."""

    def run(check):
        example = given(programs())(lambda program: check(program))
        slow = [HealthCheck.too_slow]  # a machine may be busy
        options = {"max_examples": number, "deadline": None, "database": None, "print_blob": True}
        seed(block)(settings(suppress_health_check=slow, **options)(example))()

    return run


def backward(program, row, least=None):
    """Value and gradients of the arguments and parameters by backward(), and their scales."""
    xs = [Value(x) for x in row]
    leaves = [*xs, *program.parameters]
    for leaf in leaves:
        leaf.grad = 0.0
    root = program(xs)
    root.backward()
    flow = condition(root, least)
    size = sum(scale * abs(node.data) for node, scale in flow.items())
    return root.data, [leaf.grad for leaf in leaves], size, [flow.get(v, 0.0) for v in leaves]


def close(found, expected, scales):
    return all(abs(a - b) <= 1e-12 * s for a, b, s in zip(found, expected, scales, strict=True))


def check_functions(program, row, run):
    """grad and forward mode on one row, compiled and not."""
    value, slopes, _, scales = run
    n = len(row)
    found, gradient = value_and_grad(program)(row)
    assert found == value and close(gradient, slopes[:n], scales[:n])
    direction = [1.0, -0.5, 2.0][:n]
    found, tangent = autograd.jvp(program, (row,), (direction,))
    along = sum(d * slope for d, slope in zip(direction, slopes[:n], strict=True))
    scale = sum(abs(d) * s for d, s in zip(direction, scales[:n], strict=True))
    assert found == value and close([tangent], [along], [scale])


def check_replays(program, runs):
    """Straight-line code row by row, and array code on the batch."""
    rows, n = program.rows, len(program.rows[0])
    values, _, sizes, _ = zip(*runs, strict=True)
    single = autograd.compile(value_and_grad(program))
    for row, (value, slopes, size, scales) in zip(rows, runs, strict=True):
        found, gradient = single(row)
        assert close([found], [value], [size]) and close(gradient, slopes[:n], scales[:n])
    batch = autograd.compile(program, batch=True)
    mean, gradient = batch.value_and_grad(rows)
    assert close(batch(rows), values, sizes)
    assert close([mean * len(rows)], [sum(values)], [sum(sizes)])
    flows = dict(zip(batch.parameters, gradient * len(rows), strict=True))
    for i, parameter in enumerate(program.parameters, start=n):
        slope, scale = sum(run[1][i] for run in runs), sum(run[3][i] for run in runs)
        assert close([flows.get(parameter, 0.0)], [slope], [scale])


def check(program):
    runs = [backward(program, row) for row in program.rows]
    for row, run in zip(program.rows, runs, strict=True):
        check_functions(program, row, run)
    check_replays(program, runs)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_backward_grad_forward_mode_and_compiled_replay_agree(block, monkeypatch):
    drawn, fusing = set(), cycle((source.FUSING, 0))  # 0: native loops

    def noted(program):
        monkeypatch.setattr(source, "FUSING", next(fusing))
        drawn.update(step.name for step in program.steps)
        check(program)

    for_each(PROGRAMS, block)(noted)
    if drawn != set(NAMES):  # in two blocks of ten chance leaves a row out
        for_each(3 * PROGRAMS, BLOCKS + block)(noted)
    assert drawn == set(NAMES) >= set(TABLE)


@pytest.mark.parametrize("part", ["value", "slope"])
def test_the_check_rejects_what_is_off_by_more_than_rounding(part):
    class Off(DrawnProgram):
        """Right at its first run, by backward(), then off by 1e-11."""

        def __call__(self, xs):
            root = super().__call__(xs)
            runs.append(root)
            off = 1e-11 * root if len(runs) > 1 else 0.0 * root
            return root + (off.detach() if part == "value" else off - off.detach())

    steps = [Step("exp", (0,)), Step("*", (1, 2))]
    parameters = [Value(0.7)]
    check(DrawnProgram([[0.5]], parameters, steps))
    runs = []
    with pytest.raises(AssertionError):
        check(Off([[0.5]], parameters, steps))


def torchs_functions(torch):
    """PyTorch's function for every row and form that operators do not write."""
    names = "abs relu exp expm1 log log1p sigmoid sin cos tan arcsin arccos arctan sinh cosh tanh"
    names += " arcsinh arccosh arctanh erf sqrt maximum minimum arctan2 hypot log2 log10 exp2"
    names += " logaddexp floor ceil sign"
    return {
        **{name: getattr(torch, name) for name in names.split()},
        "greater": lambda x, y: (x > y).double(),
        "where": lambda x, y: torch.where(x > y, x, 2.0 * y),
        "detach": lambda x: x.detach(),
        "copy": lambda x: x.clone(),
        "select": lambda c, x, y: torch.where(c != 0.0, x, y),
        "floor_divide": lambda x, y: torch.floor(x / (1.5 + y * y)),  # theirs has no derivative
        "cbrt": lambda x: x.sign() * x.abs() ** (1.0 / 3.0),
        "magnitude": lambda x: torch.where(x > 0.0, x, -x),
        "leaky_relu": lambda x, slope: torch.where(x > 0.0, x, slope * x),
        "softplus": lambda x: torch.nn.functional.softplus(x, threshold=1e3),
        "logsumexp": lambda *xs: torch.logsumexp(torch.stack(xs), 0),
        "softmax": lambda *xs: torch.softmax(torch.stack(xs), 0)[0],
        "take": lambda x, *xs: xs[int(choice(x, *xs))],
        "dot": lambda *xs: torch.dot(*map(torch.stack, half(xs))),
    }


def test_pytorch_has_the_same_values_and_gradients():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    functions = torchs_functions(torch)
    # PyTorch's 1 - tanh^2, (1 - s) s and expm1 + 1 are differences of numbers as large as 1.
    least = dict.fromkeys(("tanh", "sigmoid", "expm1"), 1.0)
    assert set(functions) | set(OPERATORS) == set(NAMES)

    def against_pytorch(program):
        for row in program.rows:
            value, slopes, size, scales = backward(program, row, least)
            numbers = [*row, *[p.data for p in program.parameters]]
            leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
            root = program.run(leaves[: len(row)], leaves[len(row) :], functions)
            root = root + 0.0 * leaves[0]  # steps alone may cut off every leaf
            assert close([root.item()], [value], [size])
            gradient = torch.autograd.grad(root, leaves, materialize_grads=True)
            assert close([g.item() for g in gradient], slopes, scales)

    for_each(300, BLOCKS)(against_pytorch)
