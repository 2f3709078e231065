"""What `nn` exports, and that every package of it is installed."""

import tomllib
import types
from pathlib import Path

import autograd
import nn


def test_every_package_is_installed():
    root = Path(__file__).parents[2]
    found = {
        ".".join(path.parent.relative_to(root).parts)
        for name in ("autograd", "nn")
        for path in (root / name).rglob("__init__.py")
    }
    project = tomllib.loads((root / "pyproject.toml").read_text())
    assert set(project["tool"]["setuptools"]["packages"]) == found


def test_public_names():
    def public(module):
        return {
            name
            for name, item in vars(module).items()
            if not name.startswith("_") and not isinstance(item, types.ModuleType)
        }

    assert public(autograd) == set(
        "Value no_grad compile Program where logsumexp softmax dot maximum minimum exp log log1p "
        "expm1 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
        "sigmoid relu softplus abs erf explain stepper draw grad value_and_grad jacobian hessian "
        "jvp vjp hvp detect_anomaly gradcheck why primitive minimize root clip arctan2 hypot log2 "
        "log10 exp2 cbrt logaddexp floor ceil sign mod floor_divide check assert_gradients "
        "exercise take".split()
    )
    assert public(nn) == set(
        "Module Neuron Layer Linear MLP Sequential Elementwise Flatten Reshape Conv2d MaxPool2d "
        "AvgPool2d Dropout Perceptron Embedding PositionalEmbedding PositionalEncoding RNNCell "
        "GRUCell LSTMCell RNN GRU LSTM MultiHeadAttention LayerNorm RMSNorm GELU SiLU LambdaLR "
        "draw mse_loss squared_error cross_entropy hinge_loss "
        "binary_cross_entropy_with_logits l1_loss huber_loss perceptron_loss nll nll_loss "
        "log_softmax l1_penalty l2_penalty Optimizer SGD Adam AdamW RMSprop Adagrad "
        "Schedule StepLR ExponentialLR CosineAnnealingLR OneCycleLR ReduceLROnPlateau WarmUp "
        "clip_grad_norm clip_grad_value History fit predict accuracy "
        "plot_boundary plot_step plot_weights find_learning_rate RateSweep "
        "save load save_checkpoint load_checkpoint LoadError to_torch from_torch to_onnx "
        "save_weights load_weights predict_proba "
        "EarlyStopping DivergedError TrainingWarning Playground playground load_playground".split()
    )
