"""What every test starts from."""

import signal

import pytest

from autograd.primitive import TABLE


@pytest.fixture(autouse=True, scope="session")
def interruptible():
    """Ctrl-C interrupts, also where a shell started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def table_as_before():
    """Rows that a test adds to the table leave it again."""
    rows = set(TABLE)
    yield
    for name in set(TABLE) - rows:
        del TABLE[name]
