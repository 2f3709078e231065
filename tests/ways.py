"""The ways out to other libraries, and what the engine says of the same function."""

import os
import tempfile

import numpy as np
import pytest

from autograd import Value


class Torch:
    """A program as PyTorch runs it: its values, and the gradient of their sum by each input."""

    name = "to_torch"

    def __init__(self):
        self.torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def array(self, numbers, kind="float64"):
        return self.torch.tensor(np.asarray(numbers, dtype=kind))

    def numpy(self, tensor):
        return tensor.detach().numpy()

    def both(self, program, parameters, *inputs):
        """Value, gradient by the parameters, gradients by the inputs."""
        leaves = [self.array(x).requires_grad_() for x in (parameters, *inputs)]
        value = program.to_torch()(*leaves[1:], parameters=leaves[0])
        if value.requires_grad:  # which it does not where nothing flows through a step
            value.sum().backward()
        slopes = [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in leaves]
        return value.detach().numpy(), *slopes

    def hessian(self, function, x):
        return self.torch.func.hessian(function)(self.array(x)).numpy()

    def mapped(self, function, *inputs):
        return self.torch.func.vmap(function)(*map(self.array, inputs)).numpy()


class Jax:
    """The same for JAX, where all is compiled."""

    name = "to_jax"

    def __init__(self):
        self.jax = pytest.importorskip("jax", reason="JAX is not installed")
        self.jax.config.update("jax_enable_x64", True)

    def array(self, numbers, kind="float64"):
        return self.jax.numpy.array(numbers, dtype=kind)

    def numpy(self, array):
        return np.array(array)

    def both(self, program, parameters, *inputs):
        function = program.to_jax()

        def run(parameters, *inputs):
            value, back = self.jax.vjp(
                lambda p, *args: function(*args, parameters=p), parameters, *inputs
            )
            return value, *back(self.jax.numpy.ones_like(value))

        found = self.jax.jit(run)(*map(self.array, (parameters, *inputs)))
        return tuple(map(np.array, found))

    def hessian(self, function, x):
        return np.array(self.jax.hessian(function)(self.array(x)))

    def mapped(self, function, *inputs):
        return np.array(self.jax.jit(self.jax.vmap(function))(*map(self.array, inputs)))


def onnxruntime():
    """The library; a test is skipped without it, or without onnx."""
    pytest.importorskip("onnx", reason="ONNX is not installed")
    return pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def in_onnxruntime(program, *inputs, dtype="float64"):
    """What onnxruntime gives for a program, by the name of each output."""
    onnxruntime()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "program.onnx")
        program.to_onnx(path, dtype=dtype)
        return run_onnx(path, *inputs)


def run_onnx(path, *inputs):
    """What the file gives for its inputs, in their order."""
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64}
    given = {
        each.name: np.asarray(x, dtype=kinds[each.type])
        for each, x in zip(session.get_inputs(), inputs, strict=True)
    }
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def by_hand(function, parameters, *inputs):
    """What the engine gives, row by row: values, and gradients of their sum, as `both` does."""
    values, slopes = [], [np.zeros(np.shape(x)) for x in inputs]
    for p in parameters:
        p.grad = 0.0
    for i, row in enumerate(zip(*inputs, strict=True)):
        leaves = [np.vectorize(Value, otypes=[object])(x) for x in row]
        found = function(*[x.tolist() for x in leaves])
        outputs = found if isinstance(found, list) else [found]
        sum(outputs).backward()
        values.append([v.data for v in outputs] if isinstance(found, list) else found.data)
        for slope, each in zip(slopes, leaves, strict=True):
            slope[i] = np.vectorize(lambda v: v.grad, otypes=[float])(each)
    return np.array(values), np.array([p.grad for p in parameters]), *slopes


def assert_close(found, expected, tolerance=1e-12):
    """Equal to rounding, relative to 1 or to what is larger."""
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
