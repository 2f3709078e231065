"""Optimiser trajectories, recorded from PyTorch: `python tests/trajectories.py` writes them anew.

The problem is small, smooth and not convex; each optimiser takes 100 steps from one start.
"""

import json
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
}


def objective(p: Any) -> Any:
    """The function to minimise, for Values and tensors alike."""
    x, y, z = p
    return (x - 1) ** 4 / 4 + (y * x - z).tanh() ** 2 + (y + 0.5 * z) ** 2 + 0.1 * (x * y * z).sin()


def torch_trajectory(kind: str, options: dict[str, Any]) -> list[list[float]]:
    """The parameters after each step in PyTorch, float64."""
    import torch

    p = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer = getattr(torch.optim, kind)(p, **options)
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        objective(p).backward()
        optimizer.step()
        path.append([x.item() for x in p])
    return path


if __name__ == "__main__":
    paths = {name: torch_trajectory(*setup) for name, setup in OPTIMIZERS.items()}
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(point) for point in path) + "\n]"
        for name, path in paths.items()
    ]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
