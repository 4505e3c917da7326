"""The numbers of the inventory room. Lead times are in days of the calendar."""

import msgspec

from ironkeep.model.site import Site


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the room decides by."""

    site: Site  # as declared by its owner
    imports_max: int = 64  # imports that may stand at one time; withdraw one before taking another
    records_max: int = 50_000  # records of one import
    talks_max: int = 200_000  # conversations of one import
    findings_max: int = 200  # findings open at one time; what is beyond them is counted in words of the last
    steps_max: int = 1_500  # steps of thought in one turn: an asset, a statement or a conversation each
    life_lead_days: int = 365  # how long before the end of its design life an asset is told
    support_lead_days: int = 365  # how long before support ends a migration plan must stand (LIF-04)
    upkeep_lead_days: int = 60  # how long before calibration or inspection runs out it is told
    count_share_pct: int = 50  # a list that names more of a kind counts as a count of it: who is not there is missing
