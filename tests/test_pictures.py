"""The pictures of README and of the site are small, and show what the library shows today.

Graphs are compared text by text. Screenshots differ in their last pixels from one browser and set
of fonts to the next: they are compared in coarse tiles.
"""

import importlib.machinery
import importlib.util
import io
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "pictures"
TILES = 24  # across and up
MEAN, WORST = 4.0, 60.0  # of 255, in the colours of all tiles and of one


@pytest.fixture(scope="module")
def pictures():
    loader = importlib.machinery.SourceFileLoader("pictures", str(SCRIPT))
    spec = importlib.util.spec_from_loader("pictures", loader, origin=str(SCRIPT))
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(SCRIPT)
    loader.exec_module(module)
    return module


def written(svg):
    """What a reader reads in it."""
    return [unescape(text).strip() for text in re.findall(r"<text [^>]*>([^<]*)</text>", svg)]


def test_they_are_small_and_all_come_in_pairs(pictures):
    sizes = {path.name: path.stat().st_size for path in pictures.IMAGES.iterdir()}
    assert len(sizes) == 12 and max(sizes.values()) < 80_000 and sum(sizes.values()) < 400_000
    light = {name for name in sizes if "-dark." not in name}
    assert {name.replace(".", "-dark.") for name in light} == set(sizes) - light


@pytest.mark.parametrize("name", ["graph", "neuron", "arrays"])
def test_a_graph_shows_todays_numbers(name, pictures):
    labels = re.findall(r'label=(?:"([^"]*)"|(\w+))', pictures.GRAPHS[name]().source)
    cells = [cell.strip("{} ") for one, other in labels for cell in (one or other).split("|")]
    today = sorted(cell.removeprefix("&#32;") for cell in cells)
    for suffix in ("", "-dark"):
        stored = (pictures.IMAGES / f"{name}{suffix}.svg").read_text(encoding="utf-8")
        assert sorted(written(stored)) == today


def tiles(png):
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGBA")
    plain = Image.new("RGBA", image.size, (128, 128, 128, 255))
    plain.alpha_composite(image)
    return plain.convert("RGB").resize((TILES, TILES), Image.Resampling.BOX).tobytes()


def apart(one, other):
    return [abs(a - b) for a, b in zip(tiles(one), tiles(other), strict=True)]


@pytest.mark.skipif(shutil.which("dot") is None, reason="the layout needs Graphviz")
def test_screenshots_show_todays_pages(browser, pictures):
    pytest.importorskip("matplotlib", reason="needs the `plot` extra")
    for name, png in pictures.shots(browser).items():
        differences = apart((pictures.IMAGES / name).read_bytes(), png)
        told = f"docs/images/{name} is of an earlier page: run scripts/pictures"
        assert sum(differences) / len(differences) < MEAN, told
        assert max(differences) < WORST, told


def test_another_page_is_told_apart(pictures):
    pytest.importorskip("PIL", reason="needs the `plot` extra")
    stored = {path.name: path.read_bytes() for path in pictures.IMAGES.glob("*.png")}
    for one, other in (("stepper", "stepper-dark"), ("stepper", "live"), ("boundary", "live")):
        differences = apart(stored[f"{one}.png"], stored[f"{other}.png"])
        assert sum(differences) / len(differences) > MEAN and max(differences) > WORST
