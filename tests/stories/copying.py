"""A site at work, copied whole, so that many stories may begin at one moment that was lived once.

Arrays that look into one another do so in the copy too; what never changes is not copied.
"""

import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Copied:
    """A thing as it stood; each call gives another that stands the same. `shared` things are taken as they are."""

    def __init__(self, thing: object, shared: Sequence[object]) -> None:
        self._shared = tuple(shared)
        held = io.BytesIO()
        _Writer(held, self._shared).dump(thing)
        self._bytes = held.getvalue()

    def __call__(self) -> Any:
        """The copy."""
        return _Reader(io.BytesIO(self._bytes), self._shared).load()


class _Writer(pickle.Pickler):
    def __init__(self, into: io.BytesIO, shared: tuple[object, ...]) -> None:
        super().__init__(into, pickle.HIGHEST_PROTOCOL)
        self._places = {id(thing): place for place, thing in enumerate(shared)}

    def persistent_id(self, thing: object) -> int | None:
        return self._places.get(id(thing))

    def reducer_override(self, thing: object) -> tuple[Callable[..., object], tuple[object, ...]]:
        if not isinstance(thing, np.ndarray) or not isinstance(thing.base, np.ndarray):
            return NotImplemented  # type: ignore[no-any-return]
        root = thing.base
        start = thing.__array_interface__["data"][0] - root.__array_interface__["data"][0]
        return _view, (root, thing.shape, thing.dtype, start, thing.strides)


class _Reader(pickle.Unpickler):
    def __init__(self, source: io.BytesIO, shared: tuple[object, ...]) -> None:
        super().__init__(source)
        self._shared = shared

    def persistent_load(self, place: int) -> object:
        return self._shared[place]


def _view(root: np.ndarray, shape: tuple[int, ...], kind: np.dtype, start: int, strides: tuple[int, ...]) -> np.ndarray:
    return np.ndarray(shape, kind, root, start, strides)
