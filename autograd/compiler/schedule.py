"""Scheduling: in which order operations become array operations, so that equal ones meet.

Where each operation runs as soon as it can, the positions of a sequence fall out of step: a softmax
over one score needs no maximum, so all that follows it would come one level before its like, on its
own. So the next to run is the kind of operation whose remaining members lie least deep on average,
all of it that is ready (Neubig, Goldberg and Dyer, On-the-fly operation batching in dynamic
computation graphs, 2017). Of `[x, maximum(x, y)]`, each less 1: first the maximum, then both
differences. Invariant: every operation comes after its inputs, and comes once.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence

Inputs = Sequence[Sequence[int]]  # of each slot


def depths(inputs: Inputs, slots: Sequence[int]) -> list[int]:
    """Return for all slots the length of the longest way from a leaf to each of `slots`."""
    depth = [0] * len(inputs)
    for slot in slots:
        depth[slot] = 1 + max(map(depth.__getitem__, inputs[slot]), default=0)
    return depth


def schedule(
    inputs: Inputs, slots: Sequence[int], depth: Sequence[int], kind: Callable[[int], Hashable]
) -> Iterator[list[int]]:
    """Give the operations in lists of one kind that are ready together."""
    users: dict[int, list[int]] = {slot: [] for slot in slots}
    waiting: dict[int, int] = {}
    kinds: dict[int, Hashable] = {}
    ready: dict[Hashable, list[int]] = defaultdict(list)
    total: dict[Hashable, int] = defaultdict(int)
    count: dict[Hashable, int] = defaultdict(int)
    for slot in slots:
        mine = kinds[slot] = kind(slot)
        total[mine] += depth[slot]
        count[mine] += 1
        before = users.keys() & inputs[slot]
        for arg in before:
            users[arg].append(slot)
        waiting[slot] = len(before)
        if not before:
            ready[mine].append(slot)
    while ready:
        mine = min(ready, key=lambda each: total[each] / count[each])
        group = ready.pop(mine)
        yield group
        for slot in group:
            total[mine] -= depth[slot]
            count[mine] -= 1
            for user in users.pop(slot):
                waiting[user] -= 1
                if not waiting[user]:
                    ready[kinds[user]].append(user)
