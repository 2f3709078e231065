"""What a step costs on two workers of this machine, beside one process: time, and bytes sent.

For models of several sizes and batches of 64 and 1,024 examples: milliseconds a step, the fastest
of some epochs of `nn.fit`, alternating. The cluster's two workers share the cores with whoever asks
them, so that this measures what asking costs; more cores is what other machines are for. Needs the
extra `distributed`.

    python benchmarks/workers.py
"""

import argparse
import logging
import pickle
import random
import sys
import time
import warnings

import numpy as np

import nn
from nn.training import workers
from nn.training.history import Observer

MODELS = {
    "MLP 8-16-2": (8, [16, 2]),
    "MLP 64-64-10": (64, [64, 10]),
    "MLP 256-256-10": (256, [256, 10]),
}


class Watch(Observer):
    """The shortest epoch, in seconds a step."""

    def __init__(self, steps):
        self.steps, self.shortest, self.last = steps, float("inf"), None

    def __call__(self, history):
        """Note how long the epoch took."""
        now = time.perf_counter()
        if self.last is not None:
            self.shortest = min(self.shortest, (now - self.last) / self.steps)
        self.last = now


def measured(inputs, widths, batch, epochs, **where):
    """Seconds of a step, and the parameters."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(batch * 8, inputs)), rng.integers(0, 2, size=batch * 8)
    model, watch = nn.MLP(inputs, widths, rng=random.Random(0)), Watch(8)
    options = {"epochs": epochs, "batch_size": batch, "progress": False, "callbacks": [watch]}
    nn.fit(model, X, y, seed=0, loss="cross_entropy", **options, **where)
    return watch.shortest, len(model.parameters())


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    epochs = parser.parse_args().epochs
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        sys.exit("this measures Dask: pip install -e '.[distributed]'")

    sent, ask = [0], workers.Parts.ask

    def watched(parts, questions):
        answers = ask(parts, questions)
        if all(parts.knows):
            sizes = [len(pickle.dumps(x)) for x in (*questions.values(), *answers.values())]
            sent[0] = sum(sizes) if sent[0] == 0 else min(sent[0], sum(sizes))
        return answers

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
        ) as cluster,
        Client(cluster, direct_to_workers=True) as client,
    ):
        columns = (("batch", 6), ("parameters", 12), ("one process", 13), ("two workers", 13))
        columns = (("", 16), *columns, ("sync_every=8", 14), ("sent", 10))
        print("".join(f"{title:>{width}}" for title, width in columns))
        for name, (inputs, widths) in MODELS.items():
            for batch in (64, 1024):
                here, count = measured(inputs, widths, batch, epochs)
                there, _ = measured(inputs, widths, batch, epochs, client=client)
                seldom, _ = measured(inputs, widths, batch, epochs, client=client, sync_every=8)
                sent[0], workers.Parts.ask = 0, watched
                measured(inputs, widths, batch, 2, client=client)
                workers.Parts.ask = ask
                times = "".join(f"{1e3 * t:>10.2f} ms" for t in (here, there, seldom))
                print(f"{name:16}{batch:>6}{count:>12}{times}{sent[0] / 1e3:>8.0f} kB", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
