"""Schedules: the rates that PyTorch sets, step by step, warmed up, resumed."""

import json
import math

import pytest
from trajectories import METRICS, RATES, RECORDED, SCHEDULES, WARM_UP, WARMED_UP, torch_rates

import nn
from autograd import Value

TABLES = json.loads(RECORDED.read_text())
EVERY = [(name, False) for name in SCHEDULES] + [(name, True) for name in WARMED_UP]


def optimizer_of_two_groups():
    groups = [{"params": [Value(0.0)], "lr": lr} for lr in RATES]
    return nn.SGD(groups, lr=1.0, momentum=0.9)


def build(name, warm_up, optimizer):
    kind, options = SCHEDULES[name]
    schedule = getattr(nn, kind)(optimizer, **options)
    return nn.WarmUp(schedule, **WARM_UP) if warm_up else schedule


def rates(schedule, metrics=METRICS):
    groups = schedule.optimizer.param_groups
    found = []
    for metric in metrics:
        found.append([*schedule.get_last_lr(), groups[0]["momentum"]])
        schedule.step(metric)
    return found


def sgd(lr=0.1, **options):
    return nn.SGD([Value(0.0)], lr=lr, **options)


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_equal_pytorch(name):
    for here, recorded in zip(
        rates(build(name, False, optimizer_of_two_groups())), TABLES["schedules"][name], strict=True
    ):
        assert here == pytest.approx(recorded, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", WARMED_UP)
def test_rates_after_a_warm_up_equal_pytorchs_sequence(name):
    for here, recorded in zip(
        rates(build(name, True, optimizer_of_two_groups())), TABLES["warmed up"][name], strict=True
    ):
        assert here == pytest.approx(recorded, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("warm_up", [False, True])
def test_recorded_rates_are_those_of_the_installed_pytorch(warm_up):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    recorded = TABLES["warmed up" if warm_up else "schedules"]
    for name, table in recorded.items():
        for here, row in zip(torch_rates(*SCHEDULES[name], warm_up), table, strict=True):
            assert here == pytest.approx(row, rel=1e-12, abs=1e-15)


def test_stairs_by_hand():
    optimizer = sgd(lr=8.0)
    schedule = nn.StepLR(optimizer, step_size=2, gamma=0.5)
    found = []
    for _ in range(5):
        found.append(optimizer.lr)
        schedule.step()
    assert found == [8.0, 8.0, 4.0, 4.0, 2.0] and schedule.get_last_lr() == [2.0]


def test_a_warm_up_by_hand():
    optimizer = sgd(lr=8.0)
    schedule = nn.WarmUp(nn.ExponentialLR(optimizer, 0.5, per="batch"), steps=4, start_factor=0.0)
    assert schedule.per == "batch"
    found = []
    for _ in range(7):
        found.append(optimizer.lr)
        schedule.step()
    assert found == [0.0, 2.0, 4.0, 6.0, 8.0, 4.0, 2.0]


def test_a_plateau_after_a_warm_up_hears_the_metrics_from_then_on():
    optimizer = sgd(lr=1.0)
    schedule = nn.WarmUp(nn.ReduceLROnPlateau(optimizer, patience=1, factor=0.5), steps=3)
    for _ in range(3):
        schedule.step(0.0)
    assert optimizer.lr == 1.0
    for metric, lr in ((5.0, 1.0), (5.0, 1.0), (5.0, 0.5), (math.nan, 0.5), (math.nan, 0.25)):
        schedule.step(metric)
        assert optimizer.lr == lr


def test_per_says_where_steps_belong():
    assert nn.StepLR(sgd(), 3).per == "epoch"
    assert nn.CosineAnnealingLR(sgd(), 3, per="batch").per == "batch"
    assert nn.OneCycleLR(sgd(momentum=0.9), 0.1, 30).per == "batch"
    assert nn.ReduceLROnPlateau(sgd()).per == "epoch"


def test_one_cycle_moves_the_first_beta_of_adam():
    optimizer = nn.Adam([Value(0.0)], betas=(0.9, 0.99))
    schedule = nn.OneCycleLR(optimizer, 0.1, total_steps=11, pct_start=0.5)
    assert optimizer.betas == (0.95, 0.99)
    lowest = min(optimizer.betas[0] for _ in range(11) if schedule.step() is None)
    assert lowest == pytest.approx(0.85, abs=0.01)
    assert optimizer.betas == pytest.approx((0.95, 0.99))


def test_one_cycle_ends():
    optimizer = sgd(momentum=0.9)
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=3, anneal_strategy="linear")
    for _ in range(3):
        schedule.step()
    assert optimizer.lr == pytest.approx(1.0 / 25e4, rel=1e-12)  # and never below
    with pytest.raises(ValueError, match="was made for 3 steps and has taken them all"):
        schedule.step()
    warmed = nn.WarmUp(nn.OneCycleLR(sgd(momentum=0.9), 1.0, total_steps=3), steps=2)
    assert warmed.total_steps == 5 and nn.StepLR(sgd(), 2).total_steps is None


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("pct_start", [0.0, 0.3, 0.5, 1.0])
def test_the_shortest_cycles_stay_between_their_levels(steps, pct_start):
    optimizer = sgd(momentum=0.9)
    schedule = nn.OneCycleLR(optimizer, 1.0, total_steps=steps, pct_start=pct_start)
    for _ in range(steps):
        assert 0.0 < optimizer.lr <= 1.0 and 0.85 <= optimizer.momentum <= 0.95
        schedule.step()


@pytest.mark.parametrize(("name", "warm_up"), EVERY)
def test_a_resumed_schedule_goes_on_as_if_uninterrupted(name, warm_up):
    whole = rates(build(name, warm_up, optimizer_of_two_groups()))
    for stop in (3, 17):
        optimizer = optimizer_of_two_groups()
        schedule = build(name, warm_up, optimizer)
        rates(schedule, METRICS[:stop])
        saved = json.loads(json.dumps([optimizer.state_dict(), schedule.state_dict()]))
        optimizer = optimizer_of_two_groups()
        resumed = build(name, warm_up, optimizer)
        optimizer.load_state_dict(saved[0])
        resumed.load_state_dict(saved[1])
        assert rates(resumed, METRICS[stop:]) == whole[stop:]


def test_a_rate_of_0_is_saved_and_loaded():
    optimizer = sgd()
    schedule = nn.CosineAnnealingLR(optimizer, 1)
    schedule.step()
    assert optimizer.lr == 0.0
    other = sgd()
    other.load_state_dict(optimizer.state_dict())
    assert other.lr == 0.0
    other.momentum = 0.5  # the others can still be set
    assert other.momentum == 0.5


def test_a_state_that_does_not_fit_changes_nothing():
    plateau = nn.ReduceLROnPlateau(sgd(), patience=2)
    schedule = nn.WarmUp(nn.OneCycleLR(sgd(momentum=0.9), 0.1, total_steps=5), steps=3)
    for metric in (3.0, 2.0, 4.0, 5.0):
        plateau.step(metric)
        schedule.step()
    for item, spoil, error, message in (
        (
            plateau,
            lambda s: s.pop("best"),
            ValueError,
            "ReduceLROnPlateau must hold bad_steps, base",
        ),
        (plateau, lambda s: s.update(best="2"), TypeError, "`best` must be a real number"),
        (
            plateau,
            lambda s: s.update(bad_steps=-1),
            ValueError,
            "`bad_steps` must be a whole number",
        ),
        (
            plateau,
            lambda s: s.update(schedule="StepLR"),
            ValueError,
            "'StepLR', not of 'ReduceLROn",
        ),
        (plateau, lambda s: s.update(base_lrs=[]), ValueError, "list the rates of 1 groups, got"),
        (plateau, lambda s: s.update(base_lrs=[-1]), ValueError, "`base_lrs` must be at least 0"),
        (schedule, lambda s: s.pop("following"), ValueError, "WarmUp must hold `following`"),
        (schedule, lambda s: s.update(step_count=9), ValueError, "is 9, this schedule has 8 steps"),
        (
            schedule,
            lambda s: s["following"].clear(),
            ValueError,
            "the state of OneCycleLR must hold",
        ),
        (schedule, lambda s: s["following"].update(step_count=6), ValueError, "has 5 steps"),
    ):
        before = item.state_dict()
        state = json.loads(json.dumps(before))
        state["step_count"] = 1
        spoil(state)
        with pytest.raises(error, match=message):
            item.load_state_dict(state)
        assert item.state_dict() == before
    for wrong in (None, [], 3):
        for item in (plateau, schedule):
            with pytest.raises(ValueError, match="must hold"):
                item.load_state_dict(wrong)


def test_a_group_that_came_later_needs_a_new_schedule():
    for schedule in (nn.StepLR(sgd(), 2), nn.ReduceLROnPlateau(sgd())):
        schedule.optimizer.add_param_group({"params": [Value(1.0)]})
        with pytest.raises(
            ValueError, match="has 2 parameter groups, this schedule was made for 1"
        ):
            schedule.step(1.0)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda o: nn.StepLR("adam", 3), TypeError, "`optimizer` must be an optimiser such as"),
        (lambda o: nn.StepLR(o, 0), ValueError, "`step_size` must be a whole number of at least 1"),
        (lambda o: nn.StepLR(o, 3, gamma=0), ValueError, "`gamma` must be positive"),
        (
            lambda o: nn.StepLR(o, 3, per="step"),
            ValueError,
            '`per` must be "epoch" or "batch", got',
        ),
        (lambda o: nn.ExponentialLR(o, math.nan), ValueError, "`gamma` must be positive"),
        (lambda o: nn.CosineAnnealingLR(o, 2.5), ValueError, "`T_max` must be a whole number"),
        (lambda o: nn.CosineAnnealingLR(o, 5, -1), ValueError, "`eta_min` must be at least 0"),
        (lambda o: nn.OneCycleLR(o, 0.1), ValueError, "needs `total_steps`, or `epochs` and"),
        (lambda o: nn.OneCycleLR(o, -1, 9), ValueError, "`max_lr` must be positive"),
        (lambda o: nn.OneCycleLR(o, [1, 2], 9), ValueError, "`max_lr` lists 2 numbers for 1 param"),
        (lambda o: nn.OneCycleLR(o, 1, 9, pct_start=2), ValueError, "`pct_start` must be"),
        (lambda o: nn.OneCycleLR(o, 1, 9, anneal_strategy="up"), ValueError, "`anneal_strategy` m"),
        (lambda o: nn.OneCycleLR(o, 1, 9, max_momentum=1), ValueError, "`max_momentum` must be at"),
        (
            lambda o: nn.OneCycleLR(o, 1, 9, pct_start=0.6, three_phase=True),
            ValueError,
            "`pct_start` must be at most 0.5 in three phases",
        ),
        (
            lambda o: nn.OneCycleLR(nn.Adagrad([Value(0.0)]), 1, 9),
            ValueError,
            "Adagrad has neither: pass cycle_momentum=False",
        ),
        (
            lambda o: nn.ReduceLROnPlateau(o, mode="low"),
            ValueError,
            '`mode` must be "min" or "max"',
        ),
        (lambda o: nn.ReduceLROnPlateau(o, factor=1.0), ValueError, "`factor` must be .* below 1"),
        (lambda o: nn.ReduceLROnPlateau(o, patience=-1), ValueError, "`patience` must be a whole"),
        (lambda o: nn.ReduceLROnPlateau(o, min_lr=[0, 0]), ValueError, "`min_lr` lists 2 numbers"),
        (lambda o: nn.ReduceLROnPlateau(o).step(), TypeError, "needs the epoch's metric"),
        (lambda o: nn.ReduceLROnPlateau(o).step("1"), TypeError, "`metric` must be a real number"),
        (lambda o: nn.WarmUp(o, 3), TypeError, "`schedule` must be a schedule such as"),
        (lambda o: nn.WarmUp(nn.StepLR(o, 3), 0), ValueError, "`steps` must be a whole number"),
        (lambda o: nn.WarmUp(nn.StepLR(o, 3), 3, 1), ValueError, "`start_factor` must be"),
    ],
)
def test_bad_arguments_leave_the_rate_as_it_was(build, error, message):
    optimizer = sgd()
    with pytest.raises(error, match=message):
        build(optimizer)
    assert optimizer.lr == 0.1


def test_a_warm_up_comes_before_the_first_step():
    schedule = nn.StepLR(sgd(), 3)
    schedule.step()
    with pytest.raises(ValueError, match="`schedule` has taken 1 steps: pass a new one"):
        nn.WarmUp(schedule, 2)


def test_a_schedule_of_the_users_own():
    class Halving(nn.Schedule):
        def __init__(self, optimizer):
            super().__init__(optimizer, "batch")
            self.apply()

        def rate(self, i):
            return self.base_lrs[i] / 2**self.step_count

    schedule = Halving(optimizer_of_two_groups())
    schedule.step()
    assert schedule.get_last_lr() == [0.05, 0.015]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_plateau_of_negative_metrics_gets_no_better_by_getting_worse(mode):
    sign = 1.0 if mode == "min" else -1.0
    optimizer = sgd(lr=1.0)
    schedule = nn.ReduceLROnPlateau(optimizer, mode=mode, patience=1, factor=0.5)
    for metric in (-10.0, -9.9995, -9.999):  # worse and worse in mode "min"
        schedule.step(sign * metric)
    assert (optimizer.lr, schedule.best) == (0.5, sign * -10.0)
    schedule.step(sign * -10.0005)  # better by less than 1e-4 of 10
    schedule.step(sign * -10.002)
    assert (optimizer.lr, schedule.best) == (0.5, sign * -10.002)


def test_a_rate_by_a_function_equals_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    functions = [lambda t: 0.95**t, lambda t: max(0.0, 1.0 - t / 7)]
    ours = nn.LambdaLR(optimizer_of_two_groups(), functions)
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in RATES]
    theirs = torch.optim.SGD(groups, lr=1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(theirs, functions)
    for _ in range(10):
        assert ours.get_last_lr() == pytest.approx(schedule.get_last_lr(), rel=1e-15)
        theirs.step()
        schedule.step()
        ours.step()


def test_a_rate_by_a_function_is_used_step_by_step_and_resumes():
    model = nn.Linear(1, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    schedule = nn.LambdaLR(optimizer, lambda t: 1.0 / (1 + t), per="batch")
    nn.fit(model, [[0.0], [1.0], [2.0]], [0.1, 0.2, 0.3], schedule=schedule, batch_size=1, epochs=2,
           progress=False)  # fmt: skip
    assert optimizer.lr == pytest.approx(0.1 / 7)
    again = nn.LambdaLR(sgd(), lambda t: 1.0 / (1 + t), per="batch")
    again.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    again.step()
    assert again.get_last_lr() == [pytest.approx(0.1 / 8)]


def test_functions_of_the_step_that_are_none():
    with pytest.raises(TypeError, match=r"`lr_lambda` must be a function of the step, got 0\.9"):
        nn.LambdaLR(sgd(), 0.9)
    with pytest.raises(ValueError, match="lists 2 functions for 1 parameter groups"):
        nn.LambdaLR(sgd(), [abs, abs])
    with pytest.raises(ValueError, match=r"`lr_lambda\(0\)` must be at least 0 and finite, got -1"):
        nn.LambdaLR(sgd(), lambda t: -1.0)
    with pytest.raises(TypeError, match=r"`lr_lambda\(0\)` must be a real number"):
        nn.LambdaLR(sgd(), lambda t: None)
