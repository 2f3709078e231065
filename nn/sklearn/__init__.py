"""The multi-layer perceptron as scikit-learn estimators, for pipelines and grid searches.

    base        what both share: from parameters to one call of `nn.fit`
    classifier  MLPClassifier
    regressor   MLPRegressor

Names and meanings are those of `sklearn.neural_network`, as far as they go. Invariant: there is
no second training loop; `model_` is the `nn.MLP` that `nn.fit` trained, and every tool of this
package takes it: draw it, save it, explain it.
"""

try:
    from nn.sklearn.classifier import MLPClassifier as MLPClassifier
    from nn.sklearn.regressor import MLPRegressor as MLPRegressor
except ImportError as error:  # `validate_data` came with 1.6
    raise ImportError(
        "`nn.sklearn` needs scikit-learn 1.6 or later: pip install -U 'seegrad[data]'"
    ) from error

__all__ = ["MLPClassifier", "MLPRegressor"]
