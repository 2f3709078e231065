"""Training on the workers of a cluster: the weights of one process, whatever is lost meanwhile."""

import math
import os
import random
import signal
import sys
import threading

import far_values
import numpy as np
import pytest

import autograd
import nn
from nn.data import blocks
from nn.training import workers
from nn.training.examples import Examples
from nn.training.history import Observer
from nn.training.parts import Parts
from nn.training.site import Site

pytestmark = pytest.mark.filterwarnings("default")  # what Dask warns of is not ours to mend

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(90, 5))
LABELS = (X[:, 0] * X[:, 1] > 0.0).astype(int)
HEIGHTS = np.sin(X[:, 0]) + X[:, 1]
THOROUGH = os.environ.get("SEEGRAD_THOROUGH") == "1"


@pytest.fixture(scope="module", autouse=True)
def by_value():
    """Functions of this module reach workers, which cannot import it."""
    cloudpickle = pytest.importorskip("cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def network(outputs=2, seed=0, **options):
    return nn.MLP(5, [8, outputs], rng=random.Random(seed), **options)


def data_of(model):
    return np.array([p.data for p in model.parameters()])


def trained(model, y=LABELS, inputs=X, *, seed=1, epochs=3, **options):
    history = nn.fit(model, inputs, y, seed=seed, epochs=epochs, progress=False, **options)
    return data_of(model), history


def same(client, make=network, y=LABELS, inputs=X, **options):
    """Train here and there, to the same weights and history; `options` may be made anew."""
    found = []
    for where in (None, client):
        model = make()
        chosen = {name: x(model) if name == "optimizer" else x for name, x in options.items()}
        found.append(trained(model, y, inputs, client=where, **chosen))
    (here, history), (there, other) = found
    assert there == pytest.approx(here, rel=1e-12, abs=1e-13)
    assert other.loss == pytest.approx(history.loss, rel=1e-12)
    assert other.val_loss == pytest.approx(history.val_loss, rel=1e-12)
    assert (other.accuracy, other.val_accuracy) == (history.accuracy, history.val_accuracy)
    assert (other.stopped, other.lr) == (history.stopped, history.lr)
    return other


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": False, "batch_size": 7},
        {"optimizer": lambda m: nn.Adam(m.parameters()), "validation": 0.2},
        {"optimizer": lambda m: nn.SGD(m.parameters(), 0.1, momentum=0.9), "batch_size": 1000},
        {"class_weight": "balanced", "clip_norm": 0.1, "clip_value": 0.05},
        {"sample_weight": np.linspace(0.1, 2.0, 90), "loss": "cross_entropy", "batch_size": 16},
    ],
    ids=lambda options: "-".join(options) or "as-they-are",
)
def test_the_weights_are_those_of_one_process(client, options):
    same(client, **options)


def test_numbers_and_a_single_output(client):
    same(client, lambda: network(1), y=HEIGHTS, metrics={"worst": lambda y, a: abs(y - a).max()})


def test_early_stopping_schedules_and_callbacks_are_as_ever(client):
    seen = []
    model = network()
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    _, history = trained(
        model,
        client=client,
        optimizer=optimizer,
        schedule=nn.WarmUp(nn.StepLR(optimizer, 50, per="batch"), 6),
        validation=0.3,
        epochs=60,
        early_stopping=2,
        callbacks=[lambda history: seen.append(data_of(model)[0])],
        batch_callbacks=[lambda loss: None],
    )
    assert "no better loss" in history.stopped and len(seen) == len(history.loss) < 60
    assert len(set(seen)) == len(seen)


def test_random_factors_are_drawn_where_the_training_was_started(client):
    def make():
        layers = nn.Linear(5, 8), nn.Elementwise("tanh"), nn.Dropout(0.4, seed=3), nn.Linear(8, 2)
        return nn.Sequential(*layers)

    random.seed(0)
    state = make().state_dict()

    def alike():
        model = make()
        model.load_state_dict(state)
        return model

    same(client, alike, validation=0.2)
    a, _ = trained(alike(), client=client, sync_every=2)
    b, _ = trained(alike(), client=client, sync_every=2)
    assert a.tolist() == b.tolist()


def test_a_value_of_a_module_is_trained_there_too(client):
    def scale(model):
        far_values.scale.data, far_values.offset.data = 1.5, 0.25
        return nn.SGD([far_values.scale, *model.parameters()], lr=0.05)

    def moved(history):
        far_values.offset.data = 0.5 * len(history.loss)

    found = same(
        client,
        lambda: network(1),
        y=HEIGHTS,
        loss=far_values.scaled,
        optimizer=scale,
        callbacks=[moved],
    )
    assert far_values.scale.data != 1.5 and found.loss[-1] != found.loss[0]


def test_a_callback_may_freeze_and_thaw(client):
    class Freezing:
        def __init__(self, model):
            self.model = model

        def __call__(self, history):
            self.model.layers[0].requires_grad_(len(history.loss) == 2)

    found = []
    for where in (None, client):
        model = network()
        found.append(trained(model, client=where, epochs=4, callbacks=[Freezing(model)])[0])
    assert found[1] == pytest.approx(found[0], rel=1e-12, abs=1e-13)


def test_a_number_that_a_callback_changes_is_followed(client):
    class Scaled(nn.Module):
        def __init__(self):
            self.net, self.factor = network(1), 1.0

        def forward(self, x):
            return self.net(x) * self.factor

    def weaken(model):
        def change(history):
            model.factor *= 0.5

        return change

    found = []
    for where in (None, client):
        model = Scaled()
        options = {"y": HEIGHTS, "client": where, "callbacks": [weaken(model)]}
        found.append(trained(model, **options)[0])
    assert found[1] == pytest.approx(found[0], rel=1e-12, abs=1e-13)
    model = Scaled()
    assert trained(model, HEIGHTS)[0] != pytest.approx(found[0])


def test_a_group_may_be_added_while_training(client):
    found = []
    for where in (None, client):
        model = network()
        first, second = model.layers
        optimizer = nn.SGD(second.parameters(), lr=0.1)

        def add(history, optimizer=optimizer, first=first):
            if len(history.loss) == 1:
                optimizer.add_param_group({"params": first.parameters(), "lr": 0.2})

        found.append(trained(model, client=where, optimizer=optimizer, callbacks=[add])[0])
    assert found[1] == pytest.approx(found[0], rel=1e-12, abs=1e-13)


def test_a_model_is_pickled_once_for_each_kind_of_run(client, monkeypatch):
    sizes = []
    pickled = workers._pickled

    def counted(recipe):
        sizes.append(len(pickled(recipe)))
        return pickled(recipe)

    monkeypatch.setattr(workers, "_pickled", counted)
    trained(network(), client=client, validation=0.2, epochs=4)
    assert len(sizes) == 2  # training, and evaluation, for both workers and all steps


def test_an_evaluation_of_more_than_a_block(client):
    many = GENERATOR.normal(size=(1100, 5))
    heights = many.sum(axis=1)
    same(client, lambda: network(1), y=HEIGHTS, validation=(many, heights), epochs=1)


class TestDaskArrays:
    @pytest.fixture
    def da(self):
        return pytest.importorskip("dask.array")

    def test_stay_on_the_workers(self, client, da, monkeypatch):
        y, chunked = da.from_array(LABELS, chunks=50), da.from_array(X, chunks=(40, 3))
        here, history = trained(network(), validation=0.2)
        sent = []
        ask = Parts.ask

        def watched(parts, questions):
            sent.extend(q.setup[1] for q in questions.values() if q.setup)
            return ask(parts, questions)

        monkeypatch.setattr(Parts, "ask", watched)
        there, other = trained(network(), y, chunked, client=client, validation=0.2)
        assert there == pytest.approx(here, rel=1e-12, abs=1e-13)
        assert other.val_loss == pytest.approx(history.val_loss, rel=1e-12)
        assert all(x is None for x in sent)
        both_given = (chunked, y, da.ones(90, chunks=30))
        _, third = trained(network(), y, chunked, client=client, validation=both_given, epochs=1)
        assert third.val_loss[0] == pytest.approx(
            trained(network(), validation=(X, LABELS), epochs=1)[1].val_loss[0]
        )

    def test_of_images(self, client, da):
        def make():
            rng = random.Random(0)
            layers = nn.Conv2d(1, 2, 3, rng=rng), nn.Flatten(), nn.Linear(18, 2, rng=rng)
            return nn.Sequential(*layers)

        images = GENERATOR.normal(size=(12, 1, 5, 5))
        y = np.arange(12) % 2
        here, _ = trained(make(), y, images)
        there, _ = trained(make(), y, da.from_array(images, chunks=(5, 1, 2, 5)), client=client)
        assert there == pytest.approx(here, rel=1e-12, abs=1e-13)

    def test_are_checked_there(self, client, da):
        broken = X.copy()
        broken[71, 3] = math.inf
        for given, message in (
            (da.from_array(broken, chunks=20), r"`X\[71\]\[3\]` is inf"),
            (da.from_array(X[:, 0], chunks=20), "one row for each example"),
            (da.from_array(X, chunks=20)[da.from_array(X[:, 0], chunks=20) > 0.0], "unknown sizes"),
            (da.from_array(X, chunks=20) * 1j, "real numbers, got dtype complex128"),
        ):
            with pytest.raises(ValueError, match=message):
                trained(network(), inputs=given, client=client)
        with pytest.warns(nn.TrainingWarning, match="inputs up to 5000"):
            big = da.full((90, 5), 5000.0, chunks=20)
            trained(network(), inputs=big, client=client, epochs=0)

    def test_a_table_is_refused(self, client):
        class Table:
            __dask_graph__ = None

        with pytest.raises(TypeError, match="to_dask_array"):
            trained(network(), inputs=Table(), client=client)


class TestMeetingsAfterSeveralSteps:
    def test_of_one_worker_are_single_steps(self, client, monkeypatch):
        one = workers.workers_of
        monkeypatch.setattr(workers, "workers_of", lambda client: one(client)[:1])
        for name in ("sgd", "adam", "rmsprop"):
            here, history = trained(network(), optimizer=name, batch_size=8, clip_norm=0.3)
            there, other = trained(
                network(), optimizer=name, batch_size=8, clip_norm=0.3, client=client, sync_every=5
            )
            assert there == pytest.approx(here, rel=1e-12, abs=1e-13)
            assert other.loss == pytest.approx(history.loss, rel=1e-12)

    def test_are_the_mean_of_where_the_workers_are(self, client):
        # Both take one of two steps: the first batch is the first worker's, the second the other's.
        halves = slice(0, 45), slice(45, 90)
        alone = [
            trained(network(), LABELS[h], X[h], batch_size=45, epochs=1, shuffle=False)[0]
            for h in halves
        ]
        found, history = trained(
            network(), batch_size=45, epochs=1, shuffle=False, client=client, sync_every=2
        )
        assert found == pytest.approx((alone[0] + alone[1]) / 2, rel=1e-12, abs=1e-13)
        assert history.loss[0] > 0.0

    def test_learn(self, client):
        options = {"client": client, "sync_every": 4, "epochs": 15, "batch_size": 15}
        found, history = trained(network(), optimizer="adam", **options)
        assert history.loss[-1] < history.loss[0]
        again, other = trained(network(), optimizer="adam", **options)
        assert again.tolist() == found.tolist() and other.loss == history.loss

    def test_leave_what_is_not_finite_to_single_steps(self, client):
        model = network(1)
        with pytest.raises(nn.DivergedError, match="no longer finite in epoch"):
            trained(
                model,
                HEIGHTS,
                client=client,
                sync_every=3,
                optimizer=nn.SGD(model.parameters(), lr=1e160),
                epochs=30,
            )
        assert np.isfinite(data_of(model)).all()

    def test_refuse_what_comes_after_every_step(self, client):
        model = network()
        optimizer = nn.SGD(model.parameters(), 0.1)
        for options in (
            {"batch_callbacks": [print]},
            {"optimizer": optimizer, "schedule": nn.StepLR(optimizer, 3, per="batch")},
        ):
            with pytest.raises(ValueError, match="after every step"):
                trained(model, client=client, sync_every=2, **options)

        class Own(nn.SGD):
            def step(self):
                super().step()

        with pytest.raises(ValueError, match="`step` of its own"):
            trained(model, client=client, sync_every=2, optimizer=Own(model.parameters(), 0.1))


def test_an_optimiser_with_a_step_of_its_own_works_here(client):
    class Own(nn.SGD):
        def step(self):
            for p in self.params:
                p.data -= 0.1 * p.grad

    same(client, optimizer=lambda model: Own(model.parameters(), 0.1))


def test_what_does_not_go_together_is_refused(client):
    before = data_of(network())
    for options, message in (
        ({"client": 3}, "must be a distributed.Client, got 3"),
        ({"sync_every": 2}, "pass `client`"),
        ({"sync_every": 0, "client": client}, "`sync_every`"),
        ({"client": client, "compiled": False}, "leave out compiled=False"),
    ):
        model = network()
        with pytest.raises((TypeError, ValueError), match=message):
            trained(model, **options)
        assert data_of(model).tolist() == before.tolist()
    with autograd.detect_anomaly(), pytest.raises(ValueError, match="train without `client`"):
        trained(network(), client=client)


class OfTwo(Exception):
    """Pickle makes it, and cannot read it again."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


@pytest.mark.parametrize("kind", [LookupError, OfTwo])
def test_what_model_or_loss_raise_on_a_worker_is_raised_here(client, kind):
    def picky(output, target):
        if 0.5 < target < 1.5:
            raise OfTwo("a lookup", "failed") if kind is OfTwo else LookupError("a lookup failed")
        return (output - target) ** 2

    targets = np.arange(90) % 2 * 2.0
    targets[50] = 1.0  # neither the least nor the largest, with which the loss is tried before
    with pytest.raises(Exception, match=r"a lookup (and )?failed") as caught:
        trained(network(1), targets, loss=picky, client=client)
    assert caught.value.__class__ is (RuntimeError if kind is OfTwo else LookupError)
    assert "on a worker" in caught.value.__notes__[-1]


def test_a_site_that_was_lost_before_it_was_asked_is_made_anew(client):
    def lost(X):
        raise RuntimeError("Worker holding Actor was lost")  # as the scheduler says it

    made = Parts._made
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Parts,
            "_made",
            lambda parts, part: (
                made(parts, part) if parts.disturbed else client.submit(lost, None, pure=False)
            ),
        )
        found, _ = trained(network(), client=client)
    assert found.tolist() == trained(network(), client=client)[0].tolist()


def test_what_makes_a_dask_array_may_fail(client):
    da = pytest.importorskip("dask.array")

    def read(block):
        raise RuntimeError("the file is gone")

    parts = Parts(client, Examples(network(), X, LABELS), 1)
    broken = da.from_array(X, chunks=X.shape).map_blocks(read, dtype=float, meta=X[:0])
    parts.blocks = client.compute(broken.to_delayed().ravel().tolist())
    with pytest.raises(RuntimeError, match="the file is gone"):
        parts.ask({0: None})


def test_divergence_is_told_as_in_one_process(client):
    messages = []
    for where in (None, client):
        model = network(1)
        optimizer = nn.SGD(model.parameters(), lr=1e9)
        with pytest.raises(nn.DivergedError) as caught:
            trained(model, HEIGHTS, client=where, optimizer=optimizer, epochs=30)
        messages.append((str(caught.value).partition(":")[0], caught.value.history.loss))
    assert messages[0][0] == messages[1][0]
    assert messages[0][1] == pytest.approx(messages[1][1], rel=1e-9)


class Killer(Observer):
    """Kills a worker after some steps, and a moment later than that."""

    def __init__(self, cluster, step, delay, which):
        self.cluster, self.step, self.delay, self.which = cluster, step, delay, which
        self.steps, self.killed = 0, []

    def __call__(self, loss):
        self.steps += 1
        if self.steps == self.step:
            threading.Timer(self.delay, self.kill).start()

    def kill(self):
        present = [worker.pid for worker in self.cluster.workers.values() if worker.pid]
        pid = present[self.which % len(present)]
        os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)


@pytest.mark.parametrize("moment", range(10 if THOROUGH else 2))
def test_a_worker_killed_costs_time_only(cluster, client, moment, monkeypatch):
    options = {"optimizer": "adam", "validation": 0.2, "epochs": 8, "batch_size": 8}
    if moment % 3 == 2:
        options["sync_every"] = 3
    undisturbed, history = trained(network(), client=client, **options)
    rng = np.random.default_rng(moment)
    killer = Killer(cluster, rng.integers(1, 50), rng.uniform(0.0, 0.03), moment)
    if "sync_every" in options:  # where no observer may look: by the questions that are asked
        ask = Parts.ask

        def watched(parts, questions):
            killer(0.0)
            return ask(parts, questions)

        killer.step = 1 + killer.step // 3
        monkeypatch.setattr(Parts, "ask", watched)
    else:
        options["batch_callbacks"] = [killer]
    assert len(client.nthreads()) == 2  # as many parts as in the undisturbed run
    found, other = trained(network(), client=client, **options)
    assert len(killer.killed) == 1
    assert found.tolist() == undisturbed.tolist()
    assert (other.loss, other.val_loss) == (history.loss, history.val_loss)


def test_parts_of_a_dask_array_are_made_anew(cluster, client):
    da = pytest.importorskip("dask.array")
    chunked = da.from_array(X, chunks=(20, 5))
    undisturbed, _ = trained(network(), inputs=chunked, client=client, epochs=6)
    killer = Killer(cluster, 9, 0.0, 1)
    found, _ = trained(network(), inputs=chunked, client=client, epochs=6, batch_callbacks=[killer])
    assert len(killer.killed) == 1 and found.tolist() == undisturbed.tolist()


def test_sites_are_spread_again_after_a_loss(client):
    distributed = pytest.importorskip("distributed")
    examples = Examples(network(), X, LABELS)
    parts = Parts(client, examples, 6)
    parts.futures = [client.submit(Site, None, actor=True, pure=False) for _ in range(6)]
    distributed.wait(parts.futures)
    at = client.who_has(parts.futures)
    first = [at[future.key] for future in parts.futures]
    assert sorted(map(len, first)) == [1] * 6
    one = first[0][0]
    moved = [
        client.submit(Site, None, actor=True, pure=False, workers=[one])
        if where[0] != one
        else future
        for where, future in zip(first, parts.futures, strict=True)
    ]
    distributed.wait(moved)
    parts.futures, parts.disturbed = moved, True
    parts.level()
    assert sum(future is None for future in parts.futures) == 3
    parts.close()


def test_a_cluster_without_workers_is_refused(client, monkeypatch):
    monkeypatch.setattr(blocks, "workers_of", lambda client: [])
    with pytest.raises(ValueError, match="no workers"):
        trained(network(), client=client)


def test_losses_that_have_a_reason_end_the_training(client, monkeypatch):
    def lost(parts, part, call):
        raise OSError("killed")

    monkeypatch.setattr(Parts, "_when_done", lost)
    before = data_of(network())
    model = network()
    with pytest.raises(RuntimeError, match=r"lost 13 times in a row.*out of memory"):
        trained(model, client=client)
    assert data_of(model).tolist() == before.tolist()
