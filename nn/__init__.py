"""nn: small neural networks of scalar `Value`s, trained by stochastic gradient descent."""

from nn.convert import from_torch as from_torch
from nn.convert import load_weights as load_weights
from nn.convert import save_weights as save_weights
from nn.convert import to_onnx as to_onnx
from nn.convert import to_torch as to_torch
from nn.files.checkpoint import load_checkpoint as load_checkpoint
from nn.files.checkpoint import save_checkpoint as save_checkpoint
from nn.files.model import load as load
from nn.files.model import save as save
from nn.files.strict_json import LoadError as LoadError
from nn.layers import GELU as GELU
from nn.layers import GRU as GRU
from nn.layers import LSTM as LSTM
from nn.layers import MLP as MLP
from nn.layers import RNN as RNN
from nn.layers import AvgPool2d as AvgPool2d
from nn.layers import Conv2d as Conv2d
from nn.layers import Dropout as Dropout
from nn.layers import Elementwise as Elementwise
from nn.layers import Embedding as Embedding
from nn.layers import Flatten as Flatten
from nn.layers import GRUCell as GRUCell
from nn.layers import Layer as Layer
from nn.layers import LayerNorm as LayerNorm
from nn.layers import Linear as Linear
from nn.layers import LSTMCell as LSTMCell
from nn.layers import MaxPool2d as MaxPool2d
from nn.layers import MultiHeadAttention as MultiHeadAttention
from nn.layers import Neuron as Neuron
from nn.layers import Perceptron as Perceptron
from nn.layers import PositionalEmbedding as PositionalEmbedding
from nn.layers import PositionalEncoding as PositionalEncoding
from nn.layers import Reshape as Reshape
from nn.layers import RMSNorm as RMSNorm
from nn.layers import RNNCell as RNNCell
from nn.layers import Sequential as Sequential
from nn.layers import SiLU as SiLU
from nn.live.playground import Playground as Playground
from nn.live.playground import load_playground as load_playground
from nn.live.playground import playground as playground
from nn.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from nn.losses import cross_entropy as cross_entropy
from nn.losses import hinge_loss as hinge_loss
from nn.losses import huber_loss as huber_loss
from nn.losses import l1_loss as l1_loss
from nn.losses import log_softmax as log_softmax
from nn.losses import mse_loss as mse_loss
from nn.losses import nll as nll
from nn.losses import nll_loss as nll_loss
from nn.losses import perceptron_loss as perceptron_loss
from nn.losses import squared_error as squared_error
from nn.losses.penalties import l1_penalty as l1_penalty
from nn.losses.penalties import l2_penalty as l2_penalty
from nn.module import Module as Module
from nn.names import public as _public
from nn.optim import SGD as SGD
from nn.optim import Adagrad as Adagrad
from nn.optim import Adam as Adam
from nn.optim import AdamW as AdamW
from nn.optim import Optimizer as Optimizer
from nn.optim import RMSprop as RMSprop
from nn.optim.clipping import clip_grad_norm as clip_grad_norm
from nn.optim.clipping import clip_grad_value as clip_grad_value
from nn.pictures.boundary import plot_boundary as plot_boundary
from nn.pictures.network import draw as draw
from nn.pictures.step import plot_step as plot_step
from nn.pictures.weights import plot_weights as plot_weights
from nn.schedules import CosineAnnealingLR as CosineAnnealingLR
from nn.schedules import ExponentialLR as ExponentialLR
from nn.schedules import LambdaLR as LambdaLR
from nn.schedules import OneCycleLR as OneCycleLR
from nn.schedules import ReduceLROnPlateau as ReduceLROnPlateau
from nn.schedules import Schedule as Schedule
from nn.schedules import StepLR as StepLR
from nn.schedules import WarmUp as WarmUp
from nn.training.advice import TrainingWarning as TrainingWarning
from nn.training.diagnosis import DivergedError as DivergedError
from nn.training.early_stopping import EarlyStopping as EarlyStopping
from nn.training.fit import fit as fit
from nn.training.history import History as History
from nn.training.lr_finder import RateSweep as RateSweep
from nn.training.lr_finder import find_learning_rate as find_learning_rate
from nn.training.prediction import accuracy as accuracy
from nn.training.prediction import predict as predict
from nn.training.prediction import predict_proba as predict_proba

__all__ = _public(vars())


def __dir__() -> list[str]:
    """Return the public names, which is what completion shows."""
    return [*__all__, "data", "sklearn"]
