"""What the wire says where it differs from the truth.

Rules. Lies touch measured values only, after noise and rounding, and never the plant. A stuck or forged point keeps its
lie until it is lifted. A chattering contact changes with each half of its period. A frozen device keeps every one of
its rows, heartbeat included, and goes on answering. A device that drops answers nothing; its rows keep their last
values, which nobody can read. A lie may be told on one path alone: in a UPS's registers or by its network card, which
speaks NUT; without a path it is told on both. A card may also say status words that its UPS does not. A tape records
what a device serves, sample by sample, and plays it back from the beginning again and again; the card's own heartbeat
and clock go on, or the swap would show at once. A tape with fresh noise holds what was true instead, and what is played
of it is measured anew: no liar can smooth what he recorded better than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.errors import Refused
from ironkeep.physics.chemistry import Floats
from ironkeep.twin.codes import Serving
from ironkeep.twin.layout import Site
from ironkeep.twin.signals import SIGNALS, Array, Block

REGISTERS, CARD = PATHS = "registers", "card"  # to a UPS
TAPE_SAMPLES_MAX = 600  # ten minutes at a sample a second; a tape of the container then holds some 60 MB


@dataclass
class Forgery:
    """A point shown as its measured value times `gain` plus `offset` plus `ramp` a second, up to `limit`; or as
    `value`; or as 0 and 1 in turns within each `chatter_s`.
    """

    signal: str
    rows: NDArray[np.int64]
    since_s: float
    value: float | None = None
    gain: float = 1.0
    offset: float = 0.0
    ramp_s: float = 0.0
    limit: float = np.inf
    chatter_s: float = 0.0
    path: str = ""  # told there alone; on every path where empty

    def apply(self, array: Array, now_s: float) -> None:
        """Overwrite the forged rows of the measured array, rounded like a measurement."""
        if self.chatter_s:
            array[self.rows] = int((now_s - self.since_s) % self.chatter_s >= self.chatter_s / 2.0)
            return
        if self.value is not None:
            array[self.rows] = self.value
            return
        moved = self.offset + self.ramp_s * (now_s - self.since_s)
        forged = array[self.rows] * self.gain + float(np.clip(moved, -self.limit, self.limit))
        step = SIGNALS[self.signal].resolution
        array[self.rows] = np.round(forged / step) * step if step else forged


@dataclass
class Tape:
    """What a device served, one entry a sample: the rows of each signal; where `fresh`, what was true of it. Played
    from `playing` on once that is set.
    """

    fresh: bool = False
    samples: list[dict[str, Array]] = field(default_factory=list)
    playing: int | None = None

    def pass_on(self, rows: dict[str, NDArray[np.int64]], measured: Block) -> None:
        """Record the device's rows, or replace them by what was recorded."""
        if self.playing is None:
            if len(self.samples) < TAPE_SAMPLES_MAX:
                self.samples.append({name: measured.arrays[name][at] for name, at in rows.items()})
            return
        for name, values in self.samples[self.playing % len(self.samples)].items():
            measured.arrays[name][rows[name]] = values
        self.playing += 1


@dataclass
class Lies:
    """All lies now told, and what each device's network side does."""

    site: Site
    forgeries: list[Forgery] = field(default_factory=list)
    serving: dict[str, Serving] = field(default_factory=dict)
    tapes: dict[str, Tape] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # UPS -> status words that its card adds
    carded: dict[str, Array] = field(default_factory=dict)  # signals that the cards say otherwise than the registers

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

    def record(self, device: str, fresh: bool) -> None:
        """Start a new tape of a device, which gets fresh noise when it is played or not."""
        self.tapes[device] = Tape(fresh)

    def replay(self, device: str) -> None:
        """Play the device's tape from now on. Raises Refused when nothing was recorded."""
        tape = self.tapes.get(device)
        if tape is None or not tape.samples:
            raise Refused(f"no tape of {device!r}", where="twin", remedy="Record the device some seconds before.")
        tape.playing = 0

    def _rows_of(self, device: str) -> dict[str, NDArray[np.int64]]:
        """The rows that a device serves, by signal; its settings and its card left out."""
        own = self.site.row["device", device]
        rows = {group: np.flatnonzero(of == own) for group, of in self._device_rows.items() if group != "device"}
        taped = (s for s in SIGNALS.values() if s.kind == "measurement" and s.group in rows)
        return {s.name: rows[s.group] for s in taped if rows[s.group].size}

    def staged(self, truth: Block, beliefs: dict[str, Floats]) -> tuple[Block, dict[str, Floats]]:
        """What the sensors measure and the devices count: the truth, but where a tape with fresh noise plays."""
        fresh = {device: tape for device, tape in self.tapes.items() if tape.fresh}
        if not fresh:
            return truth, beliefs
        stage = Block(self.site)
        stage.copy_from(truth)
        for name, values in beliefs.items():
            stage.arrays[name][:] = values
        for device, tape in fresh.items():
            tape.pass_on(self._rows_of(device), stage)
        return stage, {name: stage.arrays[name] for name in beliefs}

    def publish(self, measured: Block, shown: Block, now_s: float) -> None:
        """Move measured values into the served block, lying where told."""
        apart = {forgery.signal for forgery in self.forgeries if forgery.path}
        self.carded = {name: measured.arrays[name].copy() for name in apart}
        for forgery in self.forgeries:
            if forgery.path != CARD:
                forgery.apply(measured.arrays[forgery.signal], now_s)
            if forgery.path != REGISTERS and forgery.signal in apart:
                forgery.apply(self.carded[forgery.signal], now_s)
        for device, tape in self.tapes.items():
            if not tape.fresh:
                tape.pass_on(self._rows_of(device), measured)
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
        self.tapes.clear()
        self.words.clear()
        self.carded = {}
        self.serving.update({d.id: Serving.ANSWER for d in self.site.devices})
