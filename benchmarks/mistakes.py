"""How well autograd.check finds mistakes: planted ones, right answers, hand rounding, strange ones.

    python benchmarks/mistakes.py [size]

Five networks are worked out by the formulas of a textbook in plain floats (hand_work.py), with one
mistake in one line; what follows from it is carried on. `size` is the number of planted mistakes
for each network, 30 by default, twice as in the tests; right answers are 70 times as many.
"""

import math
import random
import sys
import time
from collections import Counter

from hand_work import NETWORKS, Sheet, drawn

import autograd

# Two names for one number: a sign of the only use is that of the whole, half the sum of two uses is
# their mean, and half a square's derivative lacks the exponent.
SAME = {
    "sign of the whole": {"sign", "quotient's sign"},
    "factor ½": {"mean of uses", "exponent's factor missing"},
    "factor 2": {"constant factor left out"},
    "own factor": {"x for f'"},
}


def text(x, digits):
    """The number with so many digits, as people write it."""
    return f"{x:#.{digits}g}" if x else 0


def planted(network, count, counts):
    """Plant one mistake at a time: found where nothing else is wrong and all that follows carried.

    `counts` gets the mistakes whose cause was not named, with what was named instead.
    """
    rng = random.Random(network)
    found = carried = named = 0
    for _ in range(count):
        root, names, numbers, work = drawn(network, rng)
        right = Sheet()
        work(right, numbers)
        place, mistake = rng.choice(right.choices)
        sheet = Sheet((place, mistake))
        work(sheet, numbers)
        digits = rng.choice((4, 5, 6))
        answers = {name: text(x, digits) for name, x in sheet.numbers.items()}
        report = autograd.check(root, answers, names)
        wrong = [mark.quantity for mark in report if mark.verdict == "wrong"]
        found += place in wrong
        carried += wrong == [place]
        causes = set(report[place].causes)
        good = causes & {mistake.strip(), *SAME.get(mistake, ())}
        named += bool(good)
        if not good:
            counts[mistake.strip(), *sorted(causes)] += 1
    return found, carried, named


def right(network, count):
    """Return how many right answers, rounded to 3 to 6 digits, were not called right, and of how
    many."""
    rng = random.Random(network)
    given = bad = 0
    while given < count:
        root, names, numbers, work = drawn(network, rng)
        sheet = Sheet()
        work(sheet, numbers)
        answers = {n: text(x, rng.randint(3, 6)) for n, x in sheet.numbers.items()}
        answers = {n: a if rng.random() < 0.5 else float(a) for n, a in answers.items()}
        given += len(answers)
        bad += sum(mark.verdict != "right" for mark in autograd.check(root, answers, names))
    return bad, given


def by_hand(network, count):
    """The same for answers with four digits kept at each step, all of them or a third."""
    rng = random.Random(network)
    given = bad = 0
    while given < count:
        root, names, numbers, work = drawn(network, rng)
        sheet = Sheet(digits=4)
        work(sheet, numbers)
        names_asked = list(sheet.numbers)
        if rng.random() < 0.5:
            names_asked = rng.sample(names_asked, max(1, len(names_asked) // 3))
        answers = {n: text(sheet.numbers[n], 4) for n in names_asked}
        given += len(answers)
        bad += sum(mark.verdict != "right" for mark in autograd.check(root, answers, names))
    return bad, given


def strange(network, count):
    """Return how many wrong answers that no mistake made were explained, and of how many."""
    rng = random.Random(network)
    given = guessed = 0
    while given < count:
        root, names, numbers, work = drawn(network, rng)
        sheet = Sheet()
        work(sheet, numbers)
        place, digits = rng.choice(list(sheet.numbers)), rng.choice((4, 5, 6))
        factor = rng.choice((-1, 1)) * math.exp(rng.uniform(-1.5, 1.5))
        if abs(factor - 1) < 0.03:
            continue
        given += 1
        answers = {n: text(x, digits) for n, x in sheet.numbers.items()}
        answers[place] = text(factor * sheet.numbers[place], digits)
        guessed += bool(autograd.check(root, answers, names)[place].causes)
    return guessed, given


def main():
    """Print the figures for each network."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    counts = Counter()
    for network in NETWORKS:
        start = time.process_time()
        found, carried, named = planted(network, count, counts)
        each = (time.process_time() - start) / count
        print(f"{network}: {count} mistakes, {found} found, {carried} with all else right or")
        print(f"  carried, {named} causes named; {1000 * each:.0f} ms each")
        for what, measure, size in (
            ("right answers not called right", right, 70 * count),
            ("with 4 digits kept not called right", by_hand, 10 * count),
            ("strange answers explained", strange, count),
        ):
            bad, given = measure(network, size)
            print(f"  {what}: {bad} of {given:,}")
    for (mistake, *causes), times in counts.most_common():
        print(f"not named: {mistake} ({times}), but {', '.join(causes) or 'nothing'}")


if __name__ == "__main__":
    main()
