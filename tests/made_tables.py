"""Ten tables as they are found in the wild, of any size: each of another kind of file.

The columns have a known bearing on the target and noise beside it. `options` are what the command
line needs to be told, `reading` what pandas needs, for comparison with other pipelines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

Rng = np.random.Generator


@dataclass(frozen=True)
class Made:
    """A kind of file, its target, and how it is written for `n` examples."""

    name: str
    target: str
    rows: Callable[[int, Rng], list[list[Any]]]
    header: Sequence[str] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    drop: Sequence[str] = ()
    options: Sequence[str] = ()
    reading: dict[str, Any] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    end: str = "\n"

    def write(self, folder: Path, n: int, seed: int = 0) -> Path:
        """Write the file with `n` examples into a folder."""
        lines = [self.delimiter.join(self.header)] * bool(self.header)
        for row in self.rows(n, np.random.default_rng(seed)):
            lines.append(self.delimiter.join(self._cell(cell) for cell in row))
        path = folder / self.name
        text = self.first + self.end.join(lines) + self.end + self.last
        path.write_bytes(text.encode(self.encoding))
        return path

    def _cell(self, cell: Any) -> str:
        text = str(cell)
        sign = self.delimiter.strip()
        return f'"{text}"' if "\n" in text or " " in text or (sign and sign in text) else text

    def without_target(self) -> "Made":
        """Return the same without the column of the target."""
        names = self.header or list(map(str, range(len(self.rows(1, np.random.default_rng(0))[0]))))
        place = names.index(self.target) if self.target in names else int(self.target) % len(names)

        def rows(n: int, rng: Rng) -> list[list[Any]]:
            return [row[:place] + row[place + 1 :] for row in self.rows(n, rng)]

        header = [name for name in self.header if name != self.target]
        last = self.last.replace(f"{self.delimiter}\r", "\r")
        return replace(self, rows=rows, header=header, last=last, name=f"new {self.name}")

    def arguments(self, path: Path) -> list[str]:
        """Return what the command line needs to train on the file."""
        drop = ["--drop", *self.drop] if self.drop else []
        return ["--csv", str(path), "--target", self.target, *drop, *self.options]


def _some(rng: Rng, cells: Any, share: float, word: str = "") -> list[str]:
    """The cells as text, a share of them replaced by a word for what is missing."""
    gone = rng.random(len(cells)) < share
    return [word if g else str(cell) for g, cell in zip(gone, cells, strict=True)]


def _pick(rng: Rng, words: str, n: int) -> Any:
    """Words drawn with unequal chances."""
    choices = words.split()
    chances = 1.0 / np.arange(1, len(choices) + 1)
    return rng.choice(choices, n, p=chances / chances.sum())


def _effect(rng: Rng, words: Any, size: float = 1.0) -> Any:
    """A number for each word, the same wherever the word stands."""
    different = sorted(set(words))
    effects = dict(zip(different, size * rng.standard_normal(len(different)), strict=True))
    return np.array([effects[word] for word in words])


def _yes(rng: Rng, score: Any, sharp: float = 3.0) -> Any:
    return rng.random(len(score)) < 1.0 / (1.0 + np.exp(-sharp * score))


def _comma(numbers: Any, digits: int = 1) -> list[str]:
    return [f"{x:.{digits}f}".replace(".", ",") for x in numbers]


def _titanic(n: int, rng: Rng) -> list[list[Any]]:
    sex, port = _pick(rng, "male female", n), _pick(rng, "S C Q", n)
    level, age, fare = rng.integers(1, 4, n), rng.uniform(1, 75, n).round(), rng.exponential(30, n)
    lived = _yes(rng, 1.5 * (sex == "female") - 0.4 * (level - 1) - 0.6 * (age > 12) + 0.2)
    cabin = [f"C{k}" for k in rng.integers(1, 400, n)]
    columns = [
        np.arange(1, n + 1),
        lived.astype(int),
        level,
        [f"Smith{i}, Mr. John" for i in range(n)],
        sex,
        _some(rng, age, 0.2),
        rng.integers(0, 5, n),
        [f"A/5 {k}" for k in rng.integers(1000, 99999, n)],
        fare.round(4),
        _some(rng, cabin, 0.7),
        _some(rng, port, 0.01),
    ]
    return list(map(list, zip(*columns, strict=True)))


def _census(n: int, rng: Rng) -> list[list[Any]]:
    school = _pick(rng, "HS-grad Some-college Bachelors Masters 11th Assoc-voc Doctorate", n)
    work = _pick(rng, "Private Self-emp Local-gov State-gov Federal-gov Never-worked", n)
    married = _pick(rng, "Married Never-married Divorced Widowed", n)
    age, hours = rng.integers(17, 90, n), rng.integers(10, 70, n)
    gain = np.where(rng.random(n) < 0.1, rng.integers(1000, 20000, n), 0)
    score = _effect(rng, school) + _effect(rng, work, 0.3) + 1.2 * (married == "Married")
    rich = _yes(rng, score - 1.0 - ((age - 48) / 25.0) ** 2 + hours / 60.0 + gain / 10000.0)
    columns = [
        age,
        _some(rng, work, 0.06, "?"),
        rng.integers(10000, 500000, n),
        school,
        married,
        gain,
        hours,
        np.where(rich, ">50K", "<=50K"),
    ]
    return [
        [cell if j == 0 else f" {cell}" for j, cell in enumerate(row)]
        for row in zip(*columns, strict=True)
    ]


def _air(n: int, rng: Rng) -> list[list[Any]]:
    hour = np.arange(n) % 24
    warmth, wet = rng.uniform(-2, 35, n), rng.uniform(10, 90, n)
    traffic = 2.0 + np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 0.5, n)
    sensor = 900 + 200 * traffic + 30 * rng.standard_normal(n)
    benzene = 3 * traffic + 0.02 * (warmth - 15) ** 2 - 0.02 * wet + rng.normal(0, 0.4, n)
    columns = [
        [f"{d % 28 + 1:02d}/03/2004" for d in range(n)],
        [f"{h:02d}.00.00" for h in hour],
        _some(rng, _comma(traffic), 0.08, "-200"),
        _some(rng, sensor.round().astype(int), 0.04, "-200"),
        _comma(warmth),
        _some(rng, _comma(wet), 0.04, "-200,0"),
        _some(rng, _comma(benzene), 0.02, "-200"),
        [""] * n,
        [""] * n,
    ]
    return list(map(list, zip(*columns, strict=True)))


def _bank(n: int, rng: Rng) -> list[list[Any]]:
    job = _pick(rng, "admin. blue-collar technician services management retired student unknown", n)
    month = _pick(rng, "may jul aug jun nov apr feb jan oct sep mar dec", n)
    housing, before = _pick(rng, "yes no", n), _pick(rng, "nonexistent failure success", n)
    age, seconds, rate = rng.integers(18, 90, n), rng.exponential(250, n), rng.normal(3.6, 1.7, n)
    score = _effect(rng, job, 0.4) + _effect(rng, month, 0.5) + 1.5 * (before == "success")
    bought = _yes(rng, score + seconds / 300 - 2.0 - 0.3 * rate * (housing == "yes"))
    columns = [age, job, housing, month, seconds.round().astype(int), before, rate.round(3)]
    columns += [np.where(bought, "yes", "no")]
    return [
        [f'"{c}"' if isinstance(c, str) else c for c in row] for row in zip(*columns, strict=True)
    ]


def _houses(n: int, rng: Rng) -> list[list[Any]]:
    town = _pick(rng, "NAmes CollgCr OldTown Edwards Somerst Gilbert NridgHt Sawyer NWAmes", n)
    zone, alley = _pick(rng, "RL RM FV RH", n), _pick(rng, "NA Grvl Pave", n)
    quality, built = rng.integers(1, 11, n), rng.integers(1900, 2011, n)
    lot, area = rng.lognormal(9, 0.4, n), rng.lognormal(7.2, 0.3, n)
    price = 20000 + 90 * area + 6000 * quality + 400 * (built - 1900) + 2 * lot
    price = price + 15000 * _effect(rng, town) + 5000 * _effect(rng, zone)
    price = price * np.exp(0.08 * rng.standard_normal(n))
    columns = [
        np.arange(1, n + 1),
        zone,
        _some(rng, rng.integers(20, 150, n), 0.17, "NA"),
        [f"{x:,.0f}" for x in lot],
        alley,
        town,
        quality,
        built,
        [f"{x:,.1f}" for x in area],
        [f"{x:,.0f}" for x in price],
    ]
    return list(map(list, zip(*columns, strict=True)))


def _churn(n: int, rng: Rng) -> list[list[Any]]:
    net, how = _pick(rng, "Fiber DSL No", n), _pick(rng, "Monthly One-year Two-year", n)
    pay, months = _pick(rng, "Check Mailed Transfer Card", n), rng.integers(0, 73, n)
    senior, paperless = rng.random(n) < 0.2, rng.random(n) < 0.6
    cost = 20 + 40 * (net == "Fiber") + 10 * rng.random(n)
    score = 1.2 * (how == "Monthly") + 0.6 * (net == "Fiber") + 0.3 * senior - months / 30 - 0.4
    columns = [
        [f"{k}-{'ABCDEFGH'[k % 8]}" for k in rng.permutation(n)],
        senior,
        np.where(paperless, "TRUE", "false"),
        months,
        net,
        how,
        pay,
        cost.round(2),
        _some(rng, (cost * months).round(2), 0.02),
        _yes(rng, score),
    ]
    return list(map(list, zip(*columns, strict=True)))


def _wine(n: int, rng: Rng) -> list[list[Any]]:
    X = rng.standard_normal((n, 8))
    score = X[:, 0] + 0.8 * np.tanh(X[:, 1] * X[:, 2]) - 0.6 * X[:, 3] ** 2 + 0.5 * X[:, 4]
    quality = np.digitize(score + 0.3 * rng.standard_normal(n), [-2.2, -1.0, 0.2, 1.2]) + 4
    scaled = X * [1.7, 0.2, 0.2, 1.4, 0.05, 10, 33, 0.15] + [8, 0.5, 0.3, 2.5, 0.1, 16, 46, 3.3]
    return [[*map("{:.4g}".format, x), q] for x, q in zip(scaled, quality, strict=True)]


def _cars(n: int, rng: Rng) -> list[list[Any]]:
    cylinders, year = rng.choice([4, 6, 8], n), rng.integers(70, 83, n)
    weight = 1500 + 350 * (cylinders - 2) + rng.normal(0, 300, n)
    power = weight / 30 + rng.normal(0, 12, n)
    mpg = 55 - weight / 110 - power / 15 + 0.6 * (year - 70) + rng.normal(0, 1.5, n)
    maker = _pick(rng, "ford chevrolet toyota vw fiat opel", n)
    columns = [
        mpg.round(1),
        cylinders,
        _some(rng, power.round(1), 0.02, "?"),
        [f"{w:.0f}." for w in weight],
        year,
        [f"{m} model {i}" for i, m in enumerate(maker)],
    ]
    return list(map(list, zip(*columns, strict=True)))


def _mushrooms(n: int, rng: Rng) -> list[list[Any]]:
    columns = [
        _pick(rng, letters, n)
        for letters in (
            "x f k b s c",
            "y s f g",
            "n g e y w b p c",
            "f t",
            "n f y a l p",
            "e b c ?",
            "w k n p b",
        )
    ]
    score = sum(_effect(rng, column) for column in columns) + _effect(rng, columns[4]) * (
        columns[3] == "t"
    )
    edible = np.where(_yes(rng, score - np.median(score)), "e", "p")
    return list(map(list, zip(edible, *columns, strict=True)))


def _bikes(n: int, rng: Rng) -> list[list[Any]]:
    hour, holiday = rng.integers(0, 24, n), rng.random(n) < 0.1
    season, sky = rng.integers(1, 5, n), _pick(rng, "clear mist rain snow", n)
    warmth, wind = rng.normal(15, 8, n), rng.exponential(12, n)
    rush = np.exp(-((hour - 8) ** 2) / 6) + np.exp(-((hour - 17) ** 2) / 8)
    mean = 60 + 220 * rush * ~holiday + 6 * warmth - wind - 60 * (sky == "rain")
    notes = [f"station {i}\nchecked" for i in range(n)]
    count = np.maximum(0, mean + 20 * rng.standard_normal(n)).round().astype(int)
    columns = [notes, season, hour, holiday, sky, _comma(warmth), _comma(wind), count]
    return list(map(list, zip(*columns, strict=True)))


TABLES = (
    Made(
        "titanic.csv",
        "Survived",
        _titanic,
        "PassengerId Survived Pclass Name Sex Age SibSp Ticket Fare Cabin Embarked".split(),
        drop="PassengerId Name Ticket Cabin".split(),
    ),
    Made(
        "adult.data",
        "-1",
        _census,
        last="\n",
        reading={"header": None, "na_values": ["?"]},
    ),
    Made(
        "AirQuality.csv",
        "C6H6(GT) µg",
        _air,
        ["Date", "Time", "CO(GT)", "Sensor", "T", "RH", "C6H6(GT) µg", "", ""],
        ";",
        "cp1252",
        drop=["Date", "Time"],
        options=["--missing", "-200"],
        reading={"decimal": ",", "na_values": ["-200", "-200,0"]},
        last=";;;;;;;;\r\n" * 20,
        end="\r\n",
    ),
    Made("bank.csv", "y", _bank, "age job housing month duration poutcome rate y".split(), ";"),
    Made(
        "houses.csv",
        "SalePrice",
        _houses,
        "Id Zone Frontage LotArea Alley Town Quality YearBuilt Area SalePrice".split(),
        drop=["Id"],
        reading={"thousands": ","},
    ),
    Made(
        "churn.tsv",
        "Churn",
        _churn,
        "customerID Senior Paperless tenure Net Contract Payment Monthly Total Churn".split(),
        "\t",
        "utf-8-sig",
        drop=["customerID"],
    ),
    Made("winequality.csv", "quality", _wine, [*"abcdefgh", "quality"], ";"),
    Made(
        "auto-mpg.data",
        "0",
        _cars,
        delimiter="   ",
        drop=["5"],
        reading={"header": None, "na_values": ["?"]},
    ),
    Made(
        "agaricus-lepiota.data",
        "0",
        _mushrooms,
        options=["--no-header"],
        reading={"header": None},
    ),
    Made(
        "bikes.csv",
        "count",
        _bikes,
        "note season hour holiday sky temp wind count".split(),
        ";",
        "utf-16",
        drop=["note"],
        reading={"decimal": ",", "skiprows": 1},
        first="sep=;\n",
    ),
)
