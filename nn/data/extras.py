"""The extra `data`: scikit-learn and pandas, imported only where they are needed."""

import importlib.util


def require(package: str, what: str) -> None:
    """Raise an `ImportError` that names the extra where `package` is not installed."""
    if importlib.util.find_spec(package) is None:
        raise ImportError(f"{what} need {package}: pip install 'seegrad[data]'")
