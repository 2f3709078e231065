"""Pictures of training: curves, decision boundaries, weights, and the graph around a step.

A function draws into the Axes it is given, or else into a new figure of pyplot's, and returns the
Axes; the figure is `axes.figure`. So a notebook shows a picture once, and titles, limits and
labels remain the caller's to change. Invariant: what is drawn are the model's own numbers, no two
curves or classes differ by colour alone, and arguments are checked before a figure is made.
"""

from nn.pictures.boundary import plot_boundary as plot_boundary
from nn.pictures.step import plot_step as plot_step
from nn.pictures.weights import plot_weights as plot_weights

__all__ = ["plot_boundary", "plot_step", "plot_weights"]
