"""What every test starts from."""

import contextlib
import gc
import logging
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from hypothesis import settings

from autograd import stepper
from autograd.engine.primitive import TABLE

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # of pytest-xdist, such as gw0

# Every run tries the same random examples, so that a change is judged by what it changed; new ones
# are drawn where SEEGRAD_THOROUGH is set.
settings.register_profile("same", derandomize=True)
if os.environ.get("SEEGRAD_THOROUGH") != "1":
    settings.load_profile("same")


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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Neighbours, which share what is set up once, stay together; whoever is idle steals."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


def pytest_configure(config):
    """Every other worker reads the files from the last to the first.

    In a fresh clone each file's assertions are rewritten by whoever reads it first, 14 s for all of
    them: two workers that begin at both ends share that.
    """
    all_of_them = config.args == config.getini("testpaths") and not config.option.ignore
    if all_of_them and WORKER.endswith(tuple("13579")):
        config.args[:] = sorted(map(str, Path(__file__).parent.rglob("test_*.py")), reverse=True)


def pytest_collection_modifyitems(items):
    """Workers agree on the order; tests that open a browser can be chosen by `-m browser`."""
    if WORKER:
        items.sort(key=lambda item: str(item.path))
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker("browser")


def pytest_collection_finish():
    """What is imported lives to the end: the collector need not walk it again (7 % of the time)."""
    gc.collect()
    gc.freeze()


def _missing(reason):
    if os.environ.get("SEEGRAD_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("Playwright is not installed: pip install 'seegrad[browser]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        _missing("no chromium on the PATH: apt-get install chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        args = ["--no-sandbox"] if root else []
        opened = playwright.chromium.launch(executable_path=program, headless=True, args=args)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def tab(browser):
    """One window for all tests: each opens its own pages in it."""
    window = browser.new_context(viewport={"width": 1200, "height": 800})
    yield window
    window.close()


@pytest.fixture
def show(tab, tmp_path):
    """Open a graph's page; fails at the end for console errors and for requests to anywhere."""
    problems = []
    page = tab.new_page()
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda r: r.url.startswith("file:") or problems.append(r.url))

    def open_page(root, **options):
        made = root if isinstance(root, str) else stepper(root, **options).html
        path = tmp_path / "page.html"
        path.write_text(made, encoding="utf-8")
        page.goto(path.as_uri())
        return page

    yield open_page
    page.close()
    assert not problems


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of Dask on this machine."""
    distributed = pytest.importorskip("distributed", reason="needs seegrad[distributed]")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def connected(cluster):
    with cluster.get_client() as client:
        yield client


@pytest.fixture
def client(cluster, connected):
    """A client of two workers that answer: where a test has killed one, another is started."""
    end = time.monotonic() + 180.0
    while time.monotonic() < end:
        with contextlib.suppress(Exception):  # a worker that is just being lost
            there = len(set(connected.run(os.getpid).values())), len(connected.nthreads())
            if there == (2, 2) and _settled(cluster):
                return connected
        if len(cluster.workers) < 2:
            cluster.scale(2)  # a nanny has given up, so that there must be another
        time.sleep(0.1)
    pytest.fail("there should have been two workers within minutes")


def _settled(cluster):
    """Whether both nannies are done: one whose worker dies while it starts gives up."""
    states = [(nanny.status.name, nanny.process.status.name) for nanny in cluster.workers.values()]
    return states == [("running", "running")] * 2
