"""The register: what sources say stands in a battery site, field by field, before anybody decides whom to believe.

Three kinds of source are kept apart and never overwrite each other: *declared* (the site file), *observed* (equipment
answered, or traffic showed it) and *imported* (a file somebody gave us). A value always says where it came from. A
field that a source does not mention is absent; "unknown" and "not announced" are values of their own.
"""

import re
from enum import IntEnum, StrEnum

import msgspec

UNKNOWN = "unknown"  # the source was asked and does not know
NOT_ANNOUNCED = "not announced"  # of dates: the maker has announced none


class Source(StrEnum):
    """Where a value came from."""

    DECLARED = "declared"  # the site file
    OBSERVED = "observed"  # read from equipment or seen in traffic
    IMPORTED = "imported"  # a file of somebody's


class Form(StrEnum):
    """The form of an imported file."""

    CSV = "csv"
    NETBOX = "netbox"
    NUT = "nut"
    SUNSPEC = "sunspec"
    ARP = "arp"
    DHCP = "dhcp"
    PCAP = "pcap"
    ZEEK = "zeek"


FIELDS: dict[str, str] = {
    "asset": "id of the asset in the site file, where the source knows it",
    "kind": "kind of asset, as in the site file",
    "name": "name people use",
    "parent": "what it is part of",
    "location": "where it stands",
    "owner": "who answers for it",
    "contact": "whom to call, with a number",
    "vendor": "who sells or services it",
    "vendor_contact": "whom to call at the vendor",
    "maker": "who made it",
    "model": "model name",
    "serial": "serial number",
    "address": "host or IP address, with :port where it matters",
    "mac": "hardware address, lower case with colons",
    "protocol": "protocols spoken, comma separated",
    "interfaces": "management interfaces, comma separated: web page, API, serial, modem, vendor cloud, update service",
    "firmware": "software version",
    "hardware": "hardware revision",
    "chemistry": "cell chemistry: lfp, nmc, nca, lto, vrla, nicd, sodium-ion, flow, sodium-sulphur",
    "purpose": "what a bank is for",
    "isolation": "isolation points, comma separated: breaker or disconnector names",
    "depends_on": "what it needs to work: assets, services, vendors, comma separated",
    "cloud": "vendor cloud it talks to, or none",
    "credentials": "unique, shared, default or unknown; never a secret itself",
    "state": "planned, active, spare, retired or disposed",
    "installed_on": "date, ISO 8601",
    "design_life_until": "date, ISO 8601",
    "support_until": "date, ISO 8601, or not announced",
    "migration": "the plan for what comes after support ends: a document's name or words",
    "patch_window": "when it may be changed, in words",
    "calibrated_until": "date, ISO 8601: when calibration runs out",
    "inspected_until": "date, ISO 8601: when the next inspection is due",
    "retention": "how long the vendor keeps its data, in words",
    "room_temperature_c": "room temperature that its maker allows, in °C, as in 10 to 35",
}
"""Every field a source may speak about; all are text. A source's other columns are named in its report, not kept."""


_SPAN = re.compile(r"(-?\d{1,3}(?:\.\d)?) to (-?\d{1,3}(?:\.\d)?)")


def span_of(text: str) -> tuple[float, float] | None:
    """The two numbers of a span as a field holds it ("10 to 35"), the lower first; None where it is none."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or float(found[1]) >= float(found[2]):
        return None
    return float(found[1]), float(found[2])


SIGHTINGS = frozenset({Form.NUT, Form.SUNSPEC, Form.ARP, Form.DHCP, Form.PCAP, Form.ZEEK})
"""Forms that carry what equipment or traffic itself showed; their records count as observed, all others as imported."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one source says about one thing. `place` is where it says so (`file:line`, packet number, device id)."""

    place: str
    fields: dict[str, str]


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who was seen talking to whom. Addresses are `ip` or `mac`; `asker` opened the conversation where that is known.

    `reads`, `writes` and `others` count requests by what their function code does; a protocol that is only recognised
    by its port and not parsed counts `packets` alone.
    """

    asker: str
    answerer: str
    protocol: str
    port: int
    packets: int
    reads: int
    writes: int
    others: int
    first_us: int
    last_us: int


class Import(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as taken: what was understood, what was mended on the way, and what was left out, each with its place.

    The canonical bytes of this lie in the blob store; the fact names them by digest.
    """

    form: Form
    name: str  # the file's own name, without its folder
    sha256: str  # of the file itself: the same bytes twice are one import
    records: tuple[Record, ...]
    talks: tuple[Talk, ...] = ()
    mended: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class GapKind(StrEnum):
    """What the register cannot answer for: sources that differ, paper that lacks something, dates that ran out."""

    UNKNOWN_DEVICE = "unknown device"
    MISSING_DEVICE = "missing device"
    VERSION_DIFFERS = "version differs"
    VERSION_UNKNOWN = "version never read"
    SERIAL_TWICE = "duplicate serial"
    ADDRESS_MOVED = "address moved"
    VALUES_CONFLICT = "sources disagree"
    INTERFACE_UNDECLARED = "interface not declared"
    WRITER_UNKNOWN = "undeclared writer"
    RETIRED_TALKING = "retired but talking"
    ACTIVE_SILENT = "active but silent"
    NO_PARENT = "no parent"
    NO_LOCATION = "no location"
    NO_OWNER = "no owner"
    NO_CONTACT = "no contact"
    NO_ISOLATION = "no isolation point"
    PURPOSE_UNKNOWN = "purpose unknown"
    CHEMISTRY_UNKNOWN = "chemistry unknown"
    LIFE_ENDED = "past design life"
    LIFE_ENDING = "design life ends soon"
    LIFE_UNKNOWN = "design life unknown"
    SUPPORT_ENDED = "support ended"
    SUPPORT_ENDING = "support ends without a plan"
    SUPPORT_UNKNOWN = "end of support unknown"
    CALIBRATION_OVERDUE = "calibration overdue"
    CALIBRATION_UNKNOWN = "calibration undated"
    INSPECTION_OVERDUE = "inspection overdue"
    INSPECTION_UNKNOWN = "inspection undated"
    PATCH_UNKNOWN = "patch window unknown"
    CREDENTIALS_SHARED = "shared or default credentials"
    CREDENTIALS_UNKNOWN = "credentials unknown"
    FIELDS_MISSING = "other fields missing"


class Tier(IntEnum):
    """When a gap wants attention."""

    NOW = 1  # this week: somebody may be hurt, or somebody may be in the network
    QUARTER = 2  # this quarter
    YEAR = 3  # within the year


class Advice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a kind of gap matters and what closes it most cheaply; from packs/gaps.

    `event` is something that really happened, `source` tells where it is told. `events` are all rows of the incident
    tables in which this gap played a part: kinds of one tier are ranked by how many there are, so by what breaks most
    often. `rows` are the requirements behind it.
    """

    kind: GapKind
    why: str
    event: str
    source: str
    next_step: str
    effort: str
    tier: Tier
    events: tuple[str, ...]
    rows: tuple[str, ...]


class DutyItem(StrEnum):
    """The nine items of a quarter's checklist (RPT-02)."""

    INVENTORY = "inventory"
    INTERFACES = "interfaces"
    VERSIONS = "versions"
    PHYSICAL_ACCESS = "physical access"
    SHUTDOWN = "emergency shutdown"
    REVOCATION = "revocation"
    LOCAL_CONTROL = "local control"
    HAND_OVER = "generator hand-over"
    STATUS = "status without cloud"


class Readiness(StrEnum):
    """How an item stands. What Ironkeep cannot see and nobody put on the record is not known, never done."""

    DONE = "done"
    NOT_DONE = "not done"
    NOT_KNOWN = "not known"


class Duty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of the checklist: why it matters, what happened without it, and the cheapest step; packs/quarter."""

    item: DutyItem
    title: str
    why: str
    event: str
    next_step: str
    effort: str
    rows: tuple[str, ...]


class Sourced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence or number of a chemistry profile, with where it comes from."""

    text: str
    source: str
    value: str = ""


class ChemistryProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows from a cell chemistry: limits, risks and the words of its response card. Never which controls apply:
    those are one list for all. `room` is the room temperature ("10 to 35", °C) where a sheet gives one.
    """

    id: str
    name: str
    limits: tuple[Sourced, ...]
    risks: tuple[Sourced, ...]
    card: tuple[Sourced, ...]
    room: Sourced | None = None


class Lore(msgspec.Struct, frozen=True):
    """Knowledge that the register's pages lean on: advice on gaps, chemistries, the one list of controls, and the
    checklist of a quarter.
    """

    gaps: tuple[Advice, ...] = ()
    chemistries: tuple[ChemistryProfile, ...] = ()
    controls: tuple[Sourced, ...] = ()
    quarter: tuple[Duty, ...] = ()
