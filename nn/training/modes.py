"""Modes: training and evaluation, switched by `fit` and given back to the user in the end."""

from nn.module import Module


class Modes:
    """The modes that a model's modules have for whoever calls `fit`, put back in the end.

    Training starts with all modules in training mode; what a callback sets itself stays.
    """

    def __init__(self, model: Module) -> None:
        self.users = [(module, module.training) for module in model.modules()]
        self.training = [(module, True) for module, _ in self.users]

    def train(self) -> None:
        """Put the modules into the modes they train in."""
        for module, mode in self.training:
            module.training = mode

    def evaluate(self) -> None:
        """Put all modules into the mode in which a loss on held-out examples is measured."""
        for module, _ in self.users:
            module.training = module.trains_on_scores

    def restore(self) -> None:
        """Put the modules into the user's modes."""
        for module, mode in self.users:
            module.training = mode

    def note(self) -> None:
        """Keep the changes that a callback has made to the user's modes, for training, too."""
        for i, (module, mode) in enumerate(self.users):
            if module.training != mode:
                self.users[i] = self.training[i] = (module, module.training)
