"""Coverage of signals (TEL-01): of what a battery should offer, what is offered, what is read, what is missing.

*Offered* means that a device describes the point. *Read* means that it has a usable value now. What is not offered is
said to be missing; it is never assumed.
"""

from dataclasses import dataclass

import numpy as np

from ironkeep.model.ids import AssetId
from ironkeep.model.quality import DISQUALIFYING
from ironkeep.model.site import Site
from ironkeep.views.banks import banks
from ironkeep.views.scene import Scene

SIGNALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cell temperature", ("cell_temperature_",)),
    ("cell voltage", ("cell_voltage_",)),
    ("current", ("current_a",)),
    ("insulation resistance", ("insulation_ohm",)),
    ("state of charge", ("soc_pct",)),
    ("balancing", ("cell_balancing_", "balancing_count")),
    ("fault codes", ("event_bits", "m802_Evt", "m803_StrEvt", "m804_Evt")),
    ("contactor mirror", ("contactor_aux",)),
    ("voltage across the pole", ("pole_voltage_v",)),
    ("protective limits", ("trip_",)),
)
SOURCE = "requirement TEL-01, safety S20 and S58"


@dataclass(frozen=True, slots=True)
class Covered:
    """One signal of one bank: how many points are offered and how many of them have a usable value now."""

    signal: str
    offered: int
    read: int

    @property
    def word(self) -> str:
        """missing, read, partly read or not read."""
        if not self.offered:
            return "missing"
        if self.read == self.offered:
            return "read"
        return "partly read" if self.read else "not read"


def coverage(site: Site, scene: Scene) -> dict[AssetId, tuple[Covered, ...]]:
    """By bank, one line for each signal of SIGNALS."""
    found: dict[AssetId, tuple[Covered, ...]] = {}
    for bank in banks(site):
        counts = {signal: [0, 0] for signal, _ in SIGNALS}
        for frame in scene.frames:
            rows = [i for i, a in enumerate(frame.layout.assets) if a == bank.id or a.startswith(f"{bank.id}.")]
            if rows:
                _count(counts, frame.layout, frame.quality[rows])
        found[bank.id] = tuple(Covered(signal, *counts[signal]) for signal, _ in SIGNALS)
    return found


def _count(counts: dict[str, list[int]], layout: object, quality: np.ndarray) -> None:
    names = [spec.name for block in ("analog", "integer") for spec in getattr(layout, block)]
    absent, useless = 1, int(DISQUALIFYING)
    for signal, starts in SIGNALS:
        cols = [i for i, name in enumerate(names) if name.startswith(starts)]
        if cols:
            bits = quality[:, cols]
            counts[signal][0] += int(((bits & absent) == 0).sum())
            counts[signal][1] += int(((bits & useless) == 0).sum())
