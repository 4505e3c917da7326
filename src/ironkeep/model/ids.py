"""One type for each kind of id; the text form is `<kind>_<ulid>`, and points are addressed `site/asset/point`.

Ids of things that decisions create are derived from the time and from what makes the thing unique, so that replaying a
decision gives the same id. A ULID sorts by time: 48 bits of milliseconds, 80 bits of digest.
"""

import hashlib
from typing import NewType

SiteId = NewType("SiteId", str)  # short lower-case name chosen by the owner: "harbor-dc1"
AssetId = NewType("AssetId", str)  # dotted path inside the site, parent first: "cab-a.s1.m07"
DeviceId = NewType("DeviceId", str)  # something with an address that we speak to: "cab-a-bms"
PointName = NewType("PointName", str)  # "cell_temperature_max_c"; unit last
FactId = NewType("FactId", str)  # fact_<ulid>
AlarmId = NewType("AlarmId", str)  # alarm_<ulid>, one raising of one alarm
IncidentId = NewType("IncidentId", str)  # incident_<ulid>
FindingId = NewType("FindingId", str)  # finding_<ulid>
RequestId = NewType("RequestId", str)  # request_<ulid>, chosen by the asker: the idempotency key

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32, as the ULID specification has it
_TEXT_LENGTH = 26


def ulid(at_us: int, entropy: bytes) -> str:
    """The ULID of a time in microseconds since the epoch and of 10 bytes that make it unique: 26 characters."""
    assert len(entropy) == 10
    assert 0 <= at_us < 1 << 58
    number = ((at_us // 1000) << 80) | int.from_bytes(entropy, "big")
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(_TEXT_LENGTH - 1, -1, -1))


def derive(kind: str, at_us: int, *parts: object) -> str:
    """`<kind>_<ulid>` of a time and of what makes the thing unique; the same arguments give the same id for ever."""
    material = "\x1f".join(str(part) for part in parts).encode()
    return f"{kind}_{ulid(at_us, hashlib.sha256(material).digest()[:10])}"


def parent(asset: AssetId) -> AssetId | None:
    """The asset one level up in a dotted path ("cab-a.s1" of "cab-a.s1.m07"), or None at the top."""
    head, dot, _ = asset.rpartition(".")
    return AssetId(head) if dot else None


def point_address(site: SiteId, asset: AssetId, point: PointName) -> str:
    """The readable address of a point: `site/asset/point`."""
    return f"{site}/{asset}/{point}"
