"""Plots without a window, closed after each test."""

import sys

import pytest


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
