"""What the wire says where it differs from the truth.

Rules. Lies touch measured values only, after noise and rounding, and never the plant. A stuck or forged point keeps its
lie until it is lifted. A frozen device keeps every one of its rows, heartbeat included, and goes on answering. A device
that drops answers nothing; its rows keep their last values, which nobody can read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ironkeep.twin.codes import Serving
from ironkeep.twin.layout import Site
from ironkeep.twin.signals import SIGNALS, Array, Block


@dataclass
class Forgery:
    """A point shown as its measured value plus `offset` plus `ramp` a second, up to `limit`; or as `value`."""

    signal: str
    rows: NDArray[np.int64]
    since_s: float
    value: float | None = None
    offset: float = 0.0
    ramp_s: float = 0.0
    limit: float = np.inf

    def apply(self, array: Array, now_s: float) -> None:
        """Overwrite the forged rows of the measured array, rounded like a measurement."""
        if self.value is not None:
            array[self.rows] = self.value
            return
        moved = self.offset + self.ramp_s * (now_s - self.since_s)
        forged = array[self.rows] + float(np.clip(moved, -self.limit, self.limit))
        step = SIGNALS[self.signal].resolution
        array[self.rows] = np.round(forged / step) * step if step else forged


@dataclass
class Lies:
    """All lies now told, and what each device's network side does."""

    site: Site
    forgeries: list[Forgery] = field(default_factory=list)
    serving: dict[str, Serving] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.serving.update({d.id: Serving.ANSWER for d in self.site.devices})
        self._device_rows = {g: self._devices_of(g) for g in {s.group for s in SIGNALS.values()}}

    def _devices_of(self, group: str) -> NDArray[np.int64]:
        """Device row that serves each row of a group."""
        names = [asset.partition(".")[0] for asset in self.site.rows[group]]
        return np.array([self.site.row["device", name] for name in names])

    def stick(self, signal: str, rows: NDArray[np.int64], shown: Array, now_s: float) -> None:
        """Keep showing what the rows show now."""
        for row in np.atleast_1d(rows):
            self.forgeries.append(Forgery(signal, np.array([row]), now_s, value=float(shown[row])))

    def publish(self, measured: Block, shown: Block, now_s: float) -> None:
        """Move measured values into the served block, lying where told."""
        for forgery in self.forgeries:
            forgery.apply(measured.arrays[forgery.signal], now_s)
        held = np.array([self.serving[d.id] != Serving.ANSWER for d in self.site.devices])
        if not held.any():
            shown.copy_from(measured)
            return
        live = {group: ~held[rows] for group, rows in self._device_rows.items()}
        for name, array in measured.arrays.items():
            mask = live[SIGNALS[name].group]
            np.copyto(shown.arrays[name], array, where=mask[:, None] if array.ndim == 2 else mask)

    def clear(self) -> None:
        """Stop lying; every device answers."""
        self.forgeries.clear()
        self.serving.update({d.id: Serving.ANSWER for d in self.site.devices})
