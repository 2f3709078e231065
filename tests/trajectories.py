"""What PyTorch does, step by step: `python tests/trajectories.py` records it anew.

Optimisers take 100 steps on a problem that is small, smooth and not convex; schedules take 40.
"""

import json
import math
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("trajectories.json")
START = [0.7, -1.2, 0.4]
STEPS = 100
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("SGD", {"lr": 0.02}),
    "momentum": ("SGD", {"lr": 0.01, "momentum": 0.9}),
    "dampening": ("SGD", {"lr": 0.02, "momentum": 0.8, "dampening": 0.3}),
    "nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "weight decay": ("SGD", {"lr": 0.02, "weight_decay": 0.1}),
    "everything": ("SGD", {"lr": 0.01, "momentum": 0.7, "weight_decay": 0.05, "nesterov": True}),
    "Adam": ("Adam", {}),
    "Adam, fast": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 0.01}),
    "Adam, decay": ("Adam", {"lr": 0.05, "weight_decay": 0.3}),
    "Adam, amsgrad": ("Adam", {"lr": 0.1, "betas": (0.7, 0.8), "amsgrad": True}),
    "Adam, no memory": ("Adam", {"lr": 0.01, "betas": (0.0, 0.0)}),
    "AdamW": ("AdamW", {}),
    "AdamW, decay": ("AdamW", {"lr": 0.05, "weight_decay": 0.3}),
    "AdamW, amsgrad": ("AdamW", {"lr": 0.1, "betas": (0.7, 0.8), "amsgrad": True}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop, momentum": ("RMSprop", {"lr": 0.005, "alpha": 0.9, "momentum": 0.8, "eps": 0.001}),
    "RMSprop, centered": ("RMSprop", {"alpha": 0.9, "centered": True, "eps": 0.01}),
    "RMSprop, all": (
        "RMSprop",
        {"lr": 0.005, "momentum": 0.5, "centered": True, "weight_decay": 0.1, "eps": 0.01},
    ),
    "Adagrad": ("Adagrad", {}),
    "Adagrad, decay": ("Adagrad", {"lr": 0.2, "lr_decay": 0.1, "weight_decay": 0.1}),
    "Adagrad, start": ("Adagrad", {"lr": 0.2, "initial_accumulator_value": 0.5, "eps": 0.1}),
    "groups of SGD": (
        "SGD",
        {"lr": 0.01, "momentum": 0.5, "groups": [{}, {"lr": 0.03, "momentum": 0.0}]},
    ),
    "groups of Adam": (
        "Adam",
        {"lr": 0.01, "groups": [{"betas": (0.5, 0.6)}, {"lr": 0.05, "weight_decay": 0.1}]},
    ),
}

RATES = [0.1, 0.03]  # of the two groups that a schedule works on
COUNT = 40
METRICS = [1.0 / (1 + t) if t < 8 else 0.12 + 0.001 * math.sin(t) for t in range(COUNT)]
ONE_CYCLE = {"max_lr": [0.2, 0.5], "total_steps": COUNT}
SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "stairs": ("StepLR", {"step_size": 7}),
    "low stairs": ("StepLR", {"step_size": 1, "gamma": 0.9}),
    "exponential": ("ExponentialLR", {"gamma": 0.8}),
    "cosine": ("CosineAnnealingLR", {"T_max": 15}),
    "cosine to a least rate": ("CosineAnnealingLR", {"T_max": 39, "eta_min": 0.004}),
    "one cycle": ("OneCycleLR", ONE_CYCLE),
    "one cycle, linear": (
        "OneCycleLR",
        {**ONE_CYCLE, "anneal_strategy": "linear", "pct_start": 0.55, "div_factor": 4.0},
    ),
    "one cycle, three phases": (
        "OneCycleLR",
        {**ONE_CYCLE, "three_phase": True, "max_momentum": 0.9, "final_div_factor": 10.0},
    ),
    "one cycle, no momentum": (
        "OneCycleLR",
        {"max_lr": 1.0, "epochs": 8, "steps_per_epoch": 5, "cycle_momentum": False},
    ),
    "plateau": ("ReduceLROnPlateau", {"patience": 3}),
    "plateau, all": (
        "ReduceLROnPlateau",
        {"factor": 0.5, "patience": 1, "cooldown": 4, "min_lr": [0.02, 0.001], "threshold": 0.01},
    ),
    "plateau, absolute": (
        "ReduceLROnPlateau",
        {"patience": 2, "threshold_mode": "abs", "threshold": 0.05, "eps": 0.001},
    ),
    "plateau, max": (
        "ReduceLROnPlateau",
        {"mode": "max", "patience": 0, "factor": 0.7, "threshold": 0.0001},
    ),
    "plateau, max, absolute": (
        "ReduceLROnPlateau",
        {"mode": "max", "patience": 4, "threshold_mode": "abs", "threshold": 0.01},
    ),
}
WARM_UP = {"steps": 6, "start_factor": 0.25}
WARMED_UP = ["stairs", "cosine", "exponential"]


def objective(p: Any) -> Any:
    """The function to minimise, for Values and tensors alike."""
    x, y, z = p
    return (x - 1) ** 4 / 4 + (y * x - z).tanh() ** 2 + (y + 0.5 * z) ** 2 + 0.1 * (x * y * z).sin()


def build(library: Any, kind: str, options: dict[str, Any], p: list[Any]) -> Any:
    """The optimiser of `p`; `groups` are the first of `p` and the rest, with options of theirs."""
    options = dict(options)
    groups = options.pop("groups", None)
    params = p if groups is None else [{"params": p[:1]} | groups[0], {"params": p[1:]} | groups[1]]
    return getattr(library, kind)(params, **options)


def torch_trajectory(kind: str, options: dict[str, Any]) -> list[list[float]]:
    """The parameters after each step in PyTorch, float64."""
    import torch

    p = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer = build(torch.optim, kind, options, p)
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        objective(p).backward()
        optimizer.step()
        path.append([x.item() for x in p])
    return path


def torch_rates(kind: str, options: dict[str, Any], warm_up: bool) -> list[list[float]]:
    """The rates of both groups, and the momentum, before each step in PyTorch."""
    import torch
    from torch.optim import lr_scheduler

    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in RATES]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9)
    if warm_up:
        steps, factor = WARM_UP["steps"], WARM_UP["start_factor"]
        rise = lr_scheduler.LinearLR(optimizer, start_factor=factor, total_iters=steps)
        after = getattr(lr_scheduler, kind)(optimizer, **options)
        schedule = lr_scheduler.SequentialLR(optimizer, [rise, after], milestones=[steps])
    else:
        schedule = getattr(lr_scheduler, kind)(optimizer, **options)
    rates = []
    for metric in METRICS:
        rates.append(
            [group["lr"] for group in optimizer.param_groups]
            + [optimizer.param_groups[0]["momentum"]]
        )
        optimizer.step()
        schedule.step(*([metric] if kind == "ReduceLROnPlateau" else []))
    return rates


def _lines(name: str, rows: list[list[float]]) -> str:
    return f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"


if __name__ == "__main__":
    recorded = {
        "optimizers": {name: torch_trajectory(*setup) for name, setup in OPTIMIZERS.items()},
        "schedules": {name: torch_rates(*setup, False) for name, setup in SCHEDULES.items()},
        "warmed up": {name: torch_rates(*SCHEDULES[name], True) for name in WARMED_UP},
    }
    parts = [
        f'"{part}": {{\n' + ",\n".join(_lines(*item) for item in rows.items()) + "\n}"
        for part, rows in recorded.items()
    ]
    RECORDED.write_text("{\n" + ",\n".join(parts) + "\n}\n")
