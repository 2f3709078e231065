"""Blocks: examples that stay where they are, a dask array on the workers of a cluster.

What has to be known of them before a training, that all are finite and how large they are, the
workers find out; single examples are brought here where a message needs them. Invariant: never are
all examples in this process.
"""

import copy
from typing import Any

import numpy as np

from nn.data.checks import check_rows, refuse_number


class Blocks:
    """The examples of a dask array, shape (n, ...), of finite numbers, as floats.

    `blocks[i]` is example i as an array, `blocks[rows]` are those at an array of indices, as
    `Blocks`. `largest` is the largest size of any number.

    Raises `ValueError` for an array of unknown or unfit shape, and for numbers inf or nan.
    """

    def __init__(self, client: Any, array: Any, name: str = "X") -> None:
        if array.dtype.kind not in "biuf":
            raise ValueError(f"`{name}` must hold real numbers, got dtype {array.dtype}")
        check_rows(array.shape, name)
        if any(size != size for size in array.shape):
            raise ValueError(
                f"`{name}` has chunks of unknown sizes: call `{name}.compute_chunk_sizes()` first"
            )
        self._client = client
        self._array = client.persist(array.astype(float))
        self.shape: tuple[int, ...] = array.shape
        size = abs(self._array)
        self.largest = float(client.compute(size.max()).result())
        if not np.isfinite(self.largest):
            rows = ~np.isfinite(self._array.reshape(len(self), -1).sum(axis=1))
            row = int(client.compute(rows.argmax()).result())
            column = np.argwhere(~np.isfinite(self[row]))[0]
            refuse_number(name, (row, *column), self[row][tuple(column)])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, i: Any) -> Any:
        chosen = self._array[i]
        if np.ndim(i) == 0:
            return self._client.compute(chosen).result()
        twin = copy.copy(self)
        twin._array, twin.shape = self._client.persist(chosen), chosen.shape
        return twin

    def spread(self, count: int) -> tuple[list[Any], list[int]]:
        """Return futures of `count` arrays, as even as can be, and how many examples each has."""
        sizes = tuple(len(part) for part in np.array_split(np.arange(len(self)), count))
        array = self._array.rechunk((sizes, *((size,) for size in self.shape[1:])))
        return self._client.compute(array.to_delayed().ravel().tolist()), list(sizes)


def check_client(client: Any) -> None:
    """Raise unless `client` is that of a Dask cluster with workers.

    `ImportError` where Dask is missing, `TypeError` for what is no client, and `ValueError` where
    the client is asynchronous or there is no worker.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("`client` needs Dask: pip install 'seegrad[distributed]'") from error
    if not isinstance(client, Client):
        raise TypeError(f"`client` must be a distributed.Client, got {client!r:.60}")
    if client.asynchronous:
        raise ValueError("`client` is asynchronous, but `fit` waits: pass one that is not")
    if not workers_of(client):
        raise ValueError("the cluster of `client` has no workers: start some")


def workers_of(client: Any) -> list[str]:
    """Return the addresses of the workers."""
    return list(client.nthreads())


def on_workers(client: Any, X: Any, y: Any, weight: Any, validation: Any) -> tuple[Any, ...]:
    """Return the data of a training with inputs that are Dask arrays as `Blocks`, the rest here.

    Raises `TypeError` for inputs in another collection of Dask's, such as a table.
    """
    import dask

    def inputs(X: Any, name: str = "X") -> Any:
        if not hasattr(X, "__dask_graph__"):
            return X
        if not hasattr(X, "rechunk"):
            raise TypeError(
                f"`{name}` must be an array, got {type(X).__name__}: of a Dask table that is "
                "`table.to_dask_array(lengths=True)`"
            )
        return Blocks(client, X, name)

    y, weight = dask.compute(y, weight, scheduler=client)
    if isinstance(validation, tuple | list) and validation:
        held, *rest = validation
        validation = (inputs(held, "validation X"), *dask.compute(*rest, scheduler=client))
    return inputs(X), y, weight, validation
