"""The site as its owner declares it: what stands where, what is spoken to, how it hangs together."""

from enum import StrEnum

import msgspec

from ironkeep.model.access import Role
from ironkeep.model.ids import AssetId, DeviceId, SiteId


class AssetKind(StrEnum):
    """What an asset is. Rules and screens are written against kinds, never against makes."""

    BANK = "bank"  # a battery cabinet or container: strings behind one BMS
    STRING = "string"
    MODULE = "module"
    CELL_GROUP = "cell group"  # cells that are read and replaced together
    RACK = "rack"  # a frame that holds modules or equipment and has no BMS of its own
    CONTAINER = "container"  # an enclosure that holds banks and what they need
    BMS = "bms"  # battery management controller
    SITE_CONTROLLER = "site controller"  # energy management, plant controller
    UPS = "ups"
    PCS = "pcs"  # power conversion system, inverter
    HVAC = "hvac"
    ROOM = "room"  # independent sensors of a room or container: gas, heat, smoke, leak
    GAS_DETECTION = "gas detection"
    FIRE_SUPPRESSION = "fire suppression"  # the fire panel and what it releases
    GENERATOR = "generator"
    TRANSFER_SWITCH = "transfer switch"
    METER = "meter"
    RELAY = "relay"  # protection relay
    LOAD = "load"
    GATEWAY = "gateway"
    SWITCH = "switch"  # of the network
    MODEM = "modem"  # the way out of the site
    OTHER = "other"


class Purpose(StrEnum):
    """What a bank is for (INV-03). Unknown counts as backing load (safety S02)."""

    BACKUP = "backup"
    PEAK_SHAVING = "peak shaving"
    DEMAND_RESPONSE = "demand response"
    UTILITY_SERVICE = "utility service"
    UNKNOWN = "unknown"


class Chemistry(StrEnum):
    """What the cells of a bank are made of."""

    LFP = "lfp"
    NMC = "nmc"
    NCA = "nca"
    LTO = "lto"
    VRLA = "vrla"  # sealed lead-acid
    NICD = "nicd"
    SODIUM_ION = "sodium-ion"
    FLOW = "flow"  # vanadium redox, where nothing else is said
    SODIUM_SULPHUR = "sodium-sulphur"
    UNKNOWN = "unknown"


class Credentials(StrEnum):
    """How an asset's log-ins are kept, as declared: never a secret, and never tried."""

    UNIQUE = "unique"
    SHARED = "shared"
    DEFAULT = "default"
    UNKNOWN = "unknown"


class LifeStage(StrEnum):
    """Where in its life an asset is."""

    PLANNED = "planned"
    ACTIVE = "active"
    SPARE = "spare"
    RETIRED = "retired"
    DISPOSED = "disposed"


class Interface(StrEnum):
    """A way to manage an asset, beside the protocol that it is read by."""

    WEB_PAGE = "web page"
    API = "API"
    SHELL = "shell"
    SERIAL = "serial"
    USB = "USB"
    BLUETOOTH = "Bluetooth"
    MODEM = "modem"
    VENDOR_CLOUD = "vendor cloud"
    UPDATE_SERVICE = "update service"
    FRONT_PANEL = "front panel"


NONE = "none"  # of lists in a register: the paper says that there is none


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner's papers say of an asset. None: they do not say. An empty list: they say that there is none.

    Field names are those of the register (model/register.py). Dates are ISO 8601, "unknown", or, of support,
    "not announced". `firmware` is as on paper; what the asset itself says is observed and may differ.
    """

    owner: str | None = None
    contact: str | None = None
    vendor: str | None = None
    vendor_contact: str | None = None
    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    address: str | None = None  # of what is on the network and not read by us
    mac: str | None = None
    chemistry: Chemistry | None = None
    isolation: tuple[str, ...] | None = None
    depends_on: tuple[str, ...] | None = None
    cloud: str | None = None
    interfaces: tuple[Interface, ...] | None = None
    credentials: Credentials | None = None
    state: LifeStage | None = None
    installed_on: str | None = None
    design_life_until: str | None = None
    support_until: str | None = None
    migration: str | None = None  # the plan for what comes after support ends: a document's name, or words
    calibrated_until: str | None = None
    inspected_until: str | None = None
    patch_window: str | None = None
    retention: str | None = None
    room_temperature_c: str | None = None  # what its maker allows around it: "10 to 35"

    def fields(self) -> dict[str, str]:
        """What is said, by field of the register, as text: lists with commas, an empty one as "none"."""
        said: dict[str, str] = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, tuple):
                said[name] = ", ".join(value) or NONE
            elif value is not None:
                said[name] = str(value)
        return said


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One declared asset. Its parent is the dotted path before its last part unless `parent` says otherwise.

    `feeds` lists assets that this one supplies with power: the one-line diagram is drawn from it. `room` names the room
    asset whose sensors witness it. `witnesses` lists assets that measure independently what this one reports.
    """

    id: AssetId
    kind: AssetKind
    name: str = ""
    location: str = ""
    purpose: Purpose = Purpose.UNKNOWN
    feeds: tuple[AssetId, ...] = ()
    room: AssetId | None = None
    witnesses: tuple[AssetId, ...] = ()
    parent: AssetId | None = None
    rated_power_w: float | None = None
    rated_energy_wh: float | None = None
    paper: Paper = Paper()


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a device is spoken to over TLS, with both sides named by certificate. Absolute paths of PEM files."""

    ca: str  # who may vouch for the device: these and nobody else
    certificate: str  # ours
    key: str  # ours, readable by us alone
    server_name: str = ""  # in the device's certificate; its host where empty


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something with an address. Defaults are those of safety S48: one connection, one request in flight, at most 1 Hz.

    `protocol` names the adapter ("modbus", "nut"); `maps` the packs to read by ("sunspec" or the name of a vendor map).
    `children` says which asset the n-th instance of a SunSpec model belongs to, e.g. {"805": "cab-a.s1.m{n:02}"} with
    n from 1. `ups` is the name of the UPS at a NUT server. `slots` says how many connections the address accepts, where
    that is known, and `slot_holders` who else holds one each: with none left we never connect (safety S49).
    With `tap`, the path of a FIFO or Unix socket with a copy of the traffic, the device is listened to and never
    connected to (safety S50); `chain` then gives its SunSpec models, as in "802@40070+62", where no master is heard
    finding them. `writers` are the addresses that may write to it: who else is heard writing is a finding.
    """

    id: DeviceId
    asset: AssetId
    protocol: str
    host: str
    port: int
    unit: int = 1
    maps: tuple[str, ...] = ("sunspec",)
    children: dict[str, str] = {}
    period_s: float = 1.0
    timeout_s: float = 1.0
    in_flight: int = 1
    reads_registers_max: int = 125
    base: int | None = None  # first register of the SunSpec marker where it is known; else 40000, 50000, 0 are tried
    power_sign: int = 1  # -1 where the device counts charging as positive
    sign_proven: bool = False
    ups: str = ""
    slots: int | None = None
    slot_holders: tuple[str, ...] = ()
    tls: Tls | None = None
    tap: str = ""
    chain: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


class Console(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the console listens. Beyond this machine it does so over TLS alone. What is empty has its default."""

    listen: str = ""  # address and port; this machine alone where empty
    names: tuple[str, ...] = ()  # by which people reach it; those of the certificate where empty
    certificate: str = ""  # PEM, the console's own first
    key: str = ""  # PEM, readable by the console's user alone
    tls_oldest: str = "1.3"


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the site asks of those who log in."""

    second_factor: tuple[Role, ...] = ()  # roles that get nowhere without one


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole site file, checked. `digest` of the file it came from is on the spine."""

    id: SiteId
    name: str
    assets: tuple[Asset, ...]
    devices: tuple[Device, ...]
    time_zone: str = "UTC"
    simulated: bool = False  # DEMO PLANT on every region; the only sites where the twin may be steered
    shift_lead: str = "shift lead"
    fire_service: str = ""
    console: Console = Console()
    access: Access = Access()

    def asset(self, asset: AssetId) -> Asset | None:
        """The declared asset of that id, or None."""
        return next((a for a in self.assets if a.id == asset), None)
