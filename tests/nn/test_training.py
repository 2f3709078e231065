"""What `fit`, `predict` and `accuracy` promise beyond the loop itself."""

import collections
import copy
import dataclasses
import gc
import random
import weakref

import numpy as np
import pytest

import nn
from autograd import Value

both = pytest.mark.parametrize("compiled", [True, False])
RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(60, 2))
CLASSES = (POINTS[:, 0] + POINTS[:, 1] > 0).astype(int)


def fit(model, X=POINTS, y=CLASSES, **options):
    defaults = {"epochs": 3, "seed": 0, "progress": False}
    return nn.fit(model, X, y, **defaults | options)


def network(*widths, **options):
    return nn.MLP(2, list(widths), rng=random.Random(0), **options)


# Early stopping
@both
def test_the_weights_that_are_restored_are_those_that_were_measured(compiled):
    model = network(4, 1)

    def callback(history):
        for p in model.parameters():
            p.data += 0.3 if len(history.loss) > 1 else 0.0

    history = fit(
        model,
        epochs=12,
        validation=(POINTS, CLASSES),
        early_stopping=3,
        callbacks=[callback],
        compiled=compiled,
    )
    assert history.best_epoch < len(history.loss)
    restored = fit(model, epochs=1, optimizer=nn.SGD(model.parameters(), lr=1e-300))
    assert restored.loss[0] == pytest.approx(history.val_loss[history.best_epoch - 1], rel=1e-12)


def test_early_stopping_watches_what_it_is_told():
    stopping = nn.EarlyStopping(2, min_delta=10.0, monitor="accuracy")
    history = fit(network(4, 1), epochs=9, validation=0.25, early_stopping=stopping)
    assert len(history.loss) == 3 and history.best_epoch == 1
    assert history.stopped == "no better accuracy for 2 epochs"
    with pytest.raises(ValueError, match="no `f1` to watch in this training; there is loss"):
        fit(network(1), validation=0.25, early_stopping=nn.EarlyStopping(2, monitor="f1"))
    with pytest.warns(nn.TrainingWarning, match="says nothing of new examples"):
        fit(network(1), early_stopping=2)


# What an accuracy is
class Constant(nn.Module):
    def __init__(self, x):
        self.x = Value(x)

    def forward(self, x):
        return (self.x + 0.0 * x[0]).sigmoid()


def test_an_accuracy_depends_neither_on_the_labels_that_occur_nor_on_a_wrapper():
    model = Constant(-2.0)  # says 0.12
    assert nn.accuracy(model, POINTS[:4], [1, 1, 1, 1]) == 0.0
    assert nn.accuracy(model, POINTS[:4], [0, 0, 0, 1]) == 0.75

    class Wrapper(nn.Module):
        def __init__(self):
            self.inner = model

        def forward(self, x):
            return self.inner(x)

    assert nn.accuracy(Wrapper(), POINTS[:4], [0, 0, 0, 1]) == 0.75
    assert nn.accuracy(model, POINTS[:4], [0, 0, 0, 1], threshold=0.1) == 0.25


def test_fit_and_accuracy_agree_on_the_threshold():
    model = network(1)
    history = fit(model, loss="mse_loss", optimizer=nn.SGD(model.parameters(), lr=1e-300))
    assert nn.accuracy(model, POINTS, CLASSES) == history.accuracy[-1]


def test_the_default_loss_follows_from_outputs_and_targets():
    def first(model, y, **options):
        return fit(model, y=y, epochs=1, batch_size=60, **options).loss[0]

    signs, numbers = 2 * CLASSES - 1, POINTS[:, 0]
    for model, y, loss in [
        (network(1), CLASSES, "binary_cross_entropy_with_logits"),
        (network(1), signs, "hinge_loss"),
        (network(1), numbers, "mse_loss"),
        (network(2), CLASSES, "cross_entropy"),
        (network(2), np.stack([numbers, signs], axis=1), "mse_loss"),
        (network(2), np.stack([CLASSES, CLASSES], axis=1), "binary_cross_entropy_with_logits"),
        (network(1, output="sigmoid"), CLASSES, "mse_loss"),
    ]:
        assert first(copy.deepcopy(model), y) == first(model, y, loss=loss)


def test_an_optimiser_by_name_has_its_usual_rate():
    by_name, by_hand = network(2), network(2)
    fit(by_name, optimizer="Adam")
    fit(by_hand, optimizer=nn.Adam(by_hand.parameters()))
    assert by_name.state_dict() == by_hand.state_dict()


# Validation
@both
def test_weights_count_in_validation_too(compiled):
    def validated(**options):
        model = network(2)
        held_out = (POINTS, CLASSES, *options.pop("third", ()))
        history = fit(model, validation=held_out, epochs=1, compiled=compiled, **options)
        return model, history.val_loss[0]

    model, weighted = validated(third=[np.full(60, 3.0)])
    now = fit(model, epochs=1, batch_size=60).loss[0]
    assert weighted == pytest.approx(3.0 * now, rel=1e-12)
    model, weighted = validated(class_weight={0: 2.0, 1: 2.0})
    assert weighted == pytest.approx(2.0 * fit(model, epochs=1, batch_size=60).loss[0], rel=1e-12)


def test_a_share_is_drawn_of_each_class_in_its_proportion():
    y = np.array([0] * 50 + [1] * 9 + [2])
    for seed in range(40):
        seen = []

        def keep(targets, answers, seen=seen):
            seen.append(np.bincount(targets, minlength=3).tolist())
            return 0.0

        fit(network(3), y=y, epochs=1, validation=0.2, seed=seed, metrics={"seen": keep})
        assert seen == [[40, 7, 1], [10, 2, 0]]


@both
def test_weights_validation_and_a_callback_that_evaluates(compiled):
    model = network(2)
    history = fit(
        model,
        sample_weight=np.linspace(0.5, 1.5, 60),
        validation=(POINTS, CLASSES),
        callbacks=[lambda h: model.eval() and None],
        compiled=compiled,
    )
    assert len(history.val_loss) == 3


def test_a_perceptrons_validation_loss_is_the_loss_that_it_trains_on():
    model, signs = nn.Perceptron(2), 2 * CLASSES - 1
    optimizer = nn.SGD(model.parameters(), lr=1e-300)
    how = {"loss": "perceptron_loss", "optimizer": optimizer, "batch_size": 1}
    history = fit(model, y=signs, validation=(POINTS, signs), **how)
    assert history.val_loss == pytest.approx(history.loss, rel=1e-12)
    assert history.val_accuracy == history.accuracy


def test_a_plateau_in_mode_max_watches_the_accuracy():
    model = network(8, 1)
    optimizer = nn.SGD(model.parameters(), lr=0.5)
    plateau = nn.ReduceLROnPlateau(optimizer, mode="max", patience=5)
    history = fit(model, optimizer=optimizer, schedule=plateau, epochs=8)
    assert history.accuracy[-1] > history.accuracy[0] and history.lr[-1] == 0.5


# The same answers from both engines
@both
def test_a_logit_of_minus_infinity_beside_the_target_trains(compiled):
    class Masked(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def forward(self, x):
            return [self.w * x[0], 1.0, -np.inf]

    model = Masked()
    history = fit(model, y=CLASSES, loss="cross_entropy", compiled=compiled)
    assert np.isfinite(history.loss).all() and model.w.data != 0.5


@both
def test_inputs_have_any_number_of_dimensions(compiled):
    class Table(nn.Module):
        def __init__(self):
            self.w = Value(0.1)

        def forward(self, x):
            return self.w * (x[0][1] + x[1][0])

    X = POINTS.reshape(30, 2, 2)
    model = Table()
    fit(model, X, y=X[:, 0, 1] + X[:, 1, 0], epochs=200, compiled=compiled)
    assert model.w.data == pytest.approx(1.0)
    assert nn.predict(model, X) == pytest.approx(X[:, 0, 1] + X[:, 1, 0])


@both
def test_what_is_not_trained_keeps_its_gradient(compiled):
    model = network(2, 1)
    frozen = model.layers[0].parameters()
    for p in frozen:
        p.grad = 7.0
    fit(model, optimizer=nn.SGD(model.layers[1].parameters(), lr=0.1), compiled=compiled)
    assert {p.grad for p in frozen} == {7.0}


@both
def test_what_a_model_computed_before_it_was_called_is_refused(compiled):
    class Derived(nn.Module):
        def __init__(self):
            self.a = Value(1.0)
            self.b = self.a * 2
            self.last = None

        def forward(self, x):
            self.last = self.a * x[0]  # kept and not used again: no fault
            return self.last if self.b is None else self.last + self.b

    model = Derived()
    with pytest.raises(ValueError, match="computed once, before it was called"):
        fit(model, y=3.0 * POINTS[:, 0], compiled=compiled)
    assert model.a.data == 1.0
    model.b = None
    fit(model, y=3.0 * POINTS[:, 0], compiled=compiled)
    assert model.a.data != 1.0


def test_random_numbers_that_would_be_frozen_are_named():
    class Noisy(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def forward(self, x):
            return self.w * x[0] + random.random()

    with pytest.raises(TypeError, match=r"nn\.layers\.NoisyLayer, as nn\.Dropout is"):
        fit(Noisy(), y=POINTS[:, 0])
    fit(Noisy(), y=POINTS[:, 0], compiled=False)


# What is seen while it trains
def test_metrics_are_kept_by_name():
    def hits(targets, answers):
        return np.mean(targets == answers)

    history = fit(network(2), validation=0.2, metrics={"hits": hits})
    assert history["hits"] == history.accuracy and history["val_hits"] == history.val_accuracy
    assert history["loss"] is history.loss and "hits" in history.report()
    with pytest.raises(KeyError, match="no 'f1'; it has loss, accuracy"):
        history["f1"]
    with pytest.raises(ValueError, match="`metrics` names functions"):
        fit(network(2), metrics={"loss": hits})
    numbers = fit(network(1), y=POINTS[:, 0], metrics={"gap": lambda t, a: np.abs(t - a).max()})
    assert len(numbers["gap"]) == 3


def test_callbacks_after_each_batch():
    losses, model = [], network(2)
    weight = model.parameters()[0]
    before = weight.data

    def note(loss):
        losses.append((loss, weight.data))
        return len(losses) == 3

    history = fit(model, batch_size=20, shuffle=False, batch_callbacks=[note])
    assert len(losses) == 3 and len({*losses, (0.0, before)}) == 4
    assert history.stopped == "a callback returned True"


def test_an_observer_reads_the_history_and_changes_nothing():
    class Observer(nn.training.history.Observer):
        def __call__(self, history):
            return history.loss[-1] < 1e9

    history = fit(network(2), callbacks=[Observer()])
    assert len(history.loss) == 1


def test_an_error_has_the_history_up_to_then():
    model = network(1)

    def explode(history):
        if len(history.loss) == 2:
            model.parameters()[0].data = 1e200

    with pytest.raises(nn.DivergedError, match="no longer finite in epoch 3") as caught:
        fit(model, y=POINTS[:, 0], loss="mse_loss", epochs=5, callbacks=[explode])
    assert len(caught.value.history.loss) == 2


def test_a_history_is_short():
    history = fit(network(2), epochs=1)
    assert repr(history).startswith("History(1 epoch, loss 1.")
    history.loss[-1] = 1e209
    assert "loss 1e+209" in repr(history)


def test_a_bar_is_shown_in_jupyter(monkeypatch, capsys):
    class ZMQInteractiveShell:
        pass

    class IPython:
        get_ipython = staticmethod(ZMQInteractiveShell)

    monkeypatch.setitem(__import__("sys").modules, "IPython", IPython)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    fit(network(2), progress=True)
    assert "loss 1." in capsys.readouterr().out


# Advice
@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (network(1, output="sigmoid"), {"loss": "binary_cross_entropy_with_logits"}, "sigmoid"),
        (network(2, output="relu"), {"loss": "cross_entropy"}, "ends in relu"),
        (network(2), {"X": 255.0 * POINTS}, "far from 1"),
    ],
)
def test_what_can_hardly_learn_is_said(model, options, message):
    with pytest.warns(nn.TrainingWarning, match=message):
        fit(model, **options)


def test_a_softmax_before_cross_entropy_and_a_loss_that_grows():
    class Softmax(nn.Module):
        def __init__(self):
            self.inner = network(2)

        def forward(self, x):
            import autograd

            return autograd.softmax(self.inner(x))

    with pytest.warns(nn.TrainingWarning, match="ends in a softmax"):
        fit(Softmax(), loss="cross_entropy")
    model = network(1)
    with pytest.warns(nn.TrainingWarning, match="the loss grew from"):
        fit(model, y=POINTS[:, 0], optimizer=nn.SGD(model.parameters(), lr=2.0), epochs=5)


# Predictions
def test_a_kept_program_is_never_stale():
    class Scaled(nn.Module):
        def __init__(self):
            self.scale, self.shift, self.layers = 2.0, np.array([1.0]), [network(2)]
            self.dropout = nn.Dropout(0.5)

        def forward(self, x):
            outputs = self.dropout(self.layers[0](x))
            return [self.scale * v + float(self.shift[0]) for v in outputs]

    def eager(model):
        model.eval()
        return np.array([[v.data for v in model(x)] for x in POINTS.tolist()])

    model = Scaled()

    def check():
        for _ in range(2):
            assert nn.predict(model, POINTS) == pytest.approx(eager(model), rel=1e-12)

    check()
    model.scale = 3.0
    check()
    model.shift[0] = 5.0
    check()
    model.layers[0] = network(4, 2)
    check()
    model.layers[0].layers[1].neurons[0].weights[2] = Value(9.0)
    check()
    model.layers[0].layers[0].neurons[0].bias.data = 0.25
    check()
    model.train()
    assert nn.predict(model, POINTS).tolist() == nn.predict(model, POINTS).tolist()
    assert model.training and model.dropout.training


def test_a_program_dies_with_its_model():
    model = network(2)
    nn.predict(model, POINTS)
    dead = weakref.ref(model)
    del model
    gc.collect()
    assert dead() is None


def test_probabilities():
    several = network(3)
    p = nn.predict_proba(several, POINTS)
    z = np.exp(nn.predict(several, POINTS))
    assert p == pytest.approx(z / z.sum(axis=1, keepdims=True))
    one = network(1)
    p = nn.predict_proba(one, POINTS)
    assert p[:, 1] == pytest.approx(1.0 / (1.0 + np.exp(-nn.predict(one, POINTS))))
    assert p.sum(axis=1) == pytest.approx(1.0)
    made = network(1, output="sigmoid")
    assert nn.predict_proba(made, POINTS)[:, 1].tolist() == nn.predict(made, POINTS).tolist()
    fit(several, y=np.stack([CLASSES] * 3, axis=1))  # three questions
    assert nn.predict_proba(several, POINTS).sum(axis=1).max() > 1.0
    fit(one, y=POINTS[:, 0])
    with pytest.raises(ValueError, match="trained to meet numbers"):
        nn.predict_proba(one, POINTS)


def test_threshold_and_kind_of_held_out_examples_are_those_of_training():
    signs, ups = 2 * CLASSES - 1, POINTS[CLASSES == 1]
    model = network(4, 1, output="tanh")
    history = fit(model, y=signs, validation=(ups, np.ones(len(ups))), epochs=1)
    assert history.val_accuracy[0] == np.mean(nn.predict(model, ups) > 0.0)
    counts = np.round(2 * POINTS[:, 0] + 3)
    kept = []
    fit(
        network(1),
        y=counts,
        loss="mse_loss",
        validation=(POINTS[:4], [0, 1, 1, 0]),
        metrics={"seen": lambda t, a: kept.append(a.dtype) or 0.0},
    )
    assert set(kept) == {np.dtype(float)}
    with pytest.raises(ValueError, match="`validation y` holds no classes, but `y` does"):
        fit(network(1), y=CLASSES, validation=(POINTS[:2], [0.5, 1.0]))


def test_answers_of_sigmoids_are_judged_at_a_half():
    two = np.stack([CLASSES, 1 - CLASSES], axis=1) * np.array([1, 1])
    two[0] = 1  # not one-hot
    model = network(8, 2, output="sigmoid")
    fit(model, y=two, epochs=30, optimizer="adam")
    right = np.mean(((nn.predict(model, POINTS) > 0.5) == two).all(axis=1))
    assert nn.accuracy(model, POINTS, two) == right
    assert nn.accuracy(model, POINTS, two, threshold=-1.0) == np.mean(two.all(axis=1))
    with pytest.raises(ValueError, match="here the largest wins"):
        nn.accuracy(network(2), POINTS, CLASSES, threshold=0.5)
    with pytest.raises(ValueError, match="`threshold` is nan"):
        nn.accuracy(network(1), POINTS, CLASSES, threshold=float("nan"))


def test_the_loss_goes_with_copies_and_is_known_while_training():
    model, seen = network(1), []
    fit(
        model,
        loss="mse_loss",
        callbacks=[lambda h: seen.append(nn.accuracy(model, POINTS, CLASSES)) and None],
        validation=(POINTS, CLASSES),
    )
    history = fit(model, loss="mse_loss", validation=(POINTS, CLASSES), epochs=1)
    twin = copy.deepcopy(model)
    assert nn.accuracy(twin, POINTS, CLASSES) == history.val_accuracy[-1] and len(seen) == 3


def test_batch_callbacks_may_add_groups_and_set_what_is_not_trained():
    runs = []
    for compiled in (True, False):
        losses, model = [], network(3, 1)
        optimizer = nn.SGD(model.layers[1].parameters(), lr=0.1)
        bias, added = model.layers[0].neurons[0].bias, model.layers[0].parameters()[:2]

        def change(loss, losses=losses, bias=bias, added=added, optimizer=optimizer):
            losses.append(loss)
            bias.data += 0.5
            if len(losses) == 2:
                optimizer.add_param_group({"params": added, "lr": 0.05})

        fit(model, optimizer=optimizer, batch_size=15, batch_callbacks=[change], compiled=compiled)
        runs.append(losses)
        assert added[0].grad != 0.0
    assert runs[0] == pytest.approx(runs[1], rel=1e-10)


def test_another_dict_in_the_place_of_a_group_counts():
    model = network(1)
    optimizer = nn.SGD(model.parameters(), lr=0.1)

    def stop(history):
        optimizer.param_groups[0] = {**optimizer.param_groups[0], "lr": 1e-300}

    history = fit(model, optimizer=optimizer, callbacks=[stop], batch_size=60)
    assert history.loss[1] == history.loss[2] != history.loss[0]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"early_stopping": nn.EarlyStopping(2, monitor="acuracy")}, ValueError, "no `acuracy`"),
        ({"metrics": [len]}, TypeError, "`metrics` must map names to functions"),
        ({"metrics": {1: len}}, ValueError, "names functions"),
    ],
)
def test_what_is_watched_is_checked_before_any_weight_moves(options, error, message):
    model = network(1)
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fit(model, y=POINTS[:, 0], validation=0.2, **options)
    assert model.state_dict() == before


class Functions(nn.Module):
    scale = 1.0

    def __init__(self):
        self.inner, self.functions, self.settings = network(1), [], collections.deque([1.0])
        self.numbers = {"training": 1.0}

    def forward(self, x):
        out = self.inner(x)
        for function in self.functions:
            out = function(out)
        return out * self.scale * self.settings[0] * self.numbers["training"]


def test_functions_containers_and_class_attributes_of_a_model_are_looked_at():
    model = Functions()

    def check():
        eager = [model(x).data for x in POINTS.tolist()]
        assert nn.predict(model, POINTS) == pytest.approx(eager, rel=1e-12)

    check()
    for factor in range(2, 8):
        model.functions.clear()
        model.functions.append(lambda v, factor=factor: v * factor)
        check()
    model.settings[0] = 3.0
    check()
    model.numbers["training"] = 5.0
    check()
    Functions.scale = 2.0
    check()
    Functions.scale = 1.0


def test_modules_that_compare_hold_parents_or_numpy_are_predicted_and_freed():
    @dataclasses.dataclass
    class Net(nn.Module):
        layer: nn.Module
        np: object = np

        def forward(self, x):
            return self.layer(x)

    model = Net(network(1))
    model.layer.parent = model
    fit(model)
    assert nn.predict(model, POINTS).shape == (60,)
    dead = weakref.ref(model)
    del model
    gc.collect()
    assert dead() is None


def test_a_branch_may_be_a_bare_number_and_what_compiles_not_runs_as_it_is():
    class Branch(nn.Module):
        def forward(self, x):
            return Value(1.0) * x[0] if x[0] > 0 else 0.0

    class Table(nn.Module):
        def forward(self, x):
            return Value({True: 1.0, False: 2.0}[bool(x[0] > 0)]) * {1.0: 3.0}.get(x[1], 4.0)

    assert nn.predict(Branch(), POINTS).tolist() == np.maximum(POINTS[:, 0], 0.0).tolist()
    assert set(nn.predict(Table(), POINTS).tolist()) == {4.0, 8.0}
