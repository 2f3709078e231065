"""The extra `data`: scikit-learn, imported only where it is needed."""

import importlib.util


def require_sklearn() -> None:
    """Raise an `ImportError` that names the extra where scikit-learn is not installed."""
    if importlib.util.find_spec("sklearn") is None:
        raise ImportError(
            "data sets, scalers and stratified splits come with scikit-learn: "
            "pip install 'seegrad[data]'"
        )
