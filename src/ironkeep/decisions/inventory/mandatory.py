"""What the register must be able to say of each kind of asset (INV-02), and how complete it is.

A field counts as answered when any source says something, or when it is inherited from the asset above. "unknown" is
an answer of its own: it is not left out, and it raises no score. "not announced" answers an end-of-support date, for
that is all that anybody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import is_known
from ironkeep.model.site import AssetKind

PLACE: Final = ("location", "owner", "contact")
MAKE: Final = ("maker", "model", "serial")
CARE: Final = ("vendor", "vendor_contact", "state", "installed_on", "design_life_until", "support_until")
SOFTWARE: Final = ("firmware", "address", "interfaces", "credentials", "cloud", "patch_window", "depends_on")

ELECTRONIC: Final = (*PLACE, *MAKE, *CARE, *SOFTWARE)
MANDATORY: Final[Mapping[AssetKind, tuple[str, ...]]] = {
    AssetKind.BANK: (*ELECTRONIC, "isolation", "chemistry", "purpose", "inspected_until", "retention"),
    AssetKind.STRING: (*PLACE, *MAKE, "state", "isolation", "parent"),
    AssetKind.MODULE: (*PLACE, *MAKE, "state", "parent"),
    AssetKind.CELL_GROUP: (*PLACE, *MAKE, "state", "parent"),
    AssetKind.RACK: (*PLACE, "maker", "model", "state", "isolation"),
    AssetKind.CONTAINER: (*PLACE, *MAKE, "state", "isolation", "installed_on", "inspected_until"),
    AssetKind.BMS: (*ELECTRONIC, "parent"),
    AssetKind.SITE_CONTROLLER: ELECTRONIC,
    AssetKind.UPS: (*ELECTRONIC, "isolation", "inspected_until"),
    AssetKind.PCS: (*ELECTRONIC, "isolation", "inspected_until"),
    AssetKind.HVAC: (*ELECTRONIC, "isolation", "inspected_until"),
    AssetKind.ROOM: (*PLACE, "state", "calibrated_until", "inspected_until"),
    AssetKind.GAS_DETECTION: (*ELECTRONIC, "calibrated_until", "inspected_until"),
    AssetKind.FIRE_SUPPRESSION: (*ELECTRONIC, "isolation", "inspected_until"),
    AssetKind.GENERATOR: (*ELECTRONIC, "isolation", "inspected_until"),
    AssetKind.TRANSFER_SWITCH: (*ELECTRONIC, "isolation", "inspected_until"),
    AssetKind.METER: (*PLACE, *MAKE, "state", "firmware", "address", "calibrated_until"),
    AssetKind.RELAY: (*ELECTRONIC, "calibrated_until"),
    AssetKind.LOAD: PLACE,
    AssetKind.GATEWAY: ELECTRONIC,
    AssetKind.SWITCH: ELECTRONIC,
    AssetKind.MODEM: ELECTRONIC,
    AssetKind.OTHER: (*PLACE, "state"),
}
ISOLATED: Final = frozenset(kind for kind, fields in MANDATORY.items() if "isolation" in fields)


@dataclass(frozen=True, slots=True)
class Score:
    """Mandatory fields: how many are asked for, answered, and answered with "unknown"."""

    wanted: int
    answered: int
    unknown: int

    @property
    def pct(self) -> float:
        """The share that is answered with something to work with; 100 where nothing is asked for."""
        return 100.0 * self.answered / self.wanted if self.wanted else 100.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.wanted + other.wanted, self.answered + other.answered, self.unknown + other.unknown)


EMPTY: Final = Score(0, 0, 0)


def score(entry: Entry) -> Score:
    """How complete one asset is."""
    said, fields = entry.effective, MANDATORY[entry.asset.kind]
    answered = unknown = 0
    for name in fields:
        text = said.get(name)
        if text:
            known = is_known(text)
            answered += known
            unknown += not known
    return Score(len(fields), answered, unknown)


def missing(entry: Entry) -> tuple[str, ...]:
    """The mandatory fields that no source answers, in the order of the table."""
    said = entry.effective
    return tuple(name for name in MANDATORY[entry.asset.kind] if not is_known(said.get(name, "")))
