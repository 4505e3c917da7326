"""The site as its owner declares it: what stands where, what is spoken to, how it hangs together."""

from enum import StrEnum

import msgspec

from ironkeep.model.ids import AssetId, DeviceId, SiteId


class AssetKind(StrEnum):
    """What an asset is. Rules and screens are written against kinds, never against makes."""

    BANK = "bank"  # a battery cabinet or container: strings behind one BMS
    STRING = "string"
    MODULE = "module"
    UPS = "ups"
    PCS = "pcs"  # power conversion system, inverter
    HVAC = "hvac"
    ROOM = "room"  # independent sensors of a room or container: gas, heat, smoke, leak
    GENERATOR = "generator"
    TRANSFER_SWITCH = "transfer switch"
    METER = "meter"
    RELAY = "relay"  # protection relay
    LOAD = "load"
    GATEWAY = "gateway"
    OTHER = "other"


class Purpose(StrEnum):
    """What a bank is for (INV-03). Unknown counts as backing load (safety S02)."""

    BACKUP = "backup"
    PEAK_SHAVING = "peak shaving"
    DEMAND_RESPONSE = "demand response"
    UTILITY_SERVICE = "utility service"
    UNKNOWN = "unknown"


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


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something with an address. Defaults are those of safety S48: one connection, one request in flight, at most 1 Hz.

    `protocol` names the adapter ("modbus"); `maps` the packs to read by ("sunspec" or the name of a vendor map).
    `children` says which asset the n-th instance of a SunSpec model belongs to, e.g. {"805": "cab-a.s1.m{n:02}"} with
    n from 1.
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

    def asset(self, asset: AssetId) -> Asset | None:
        """The declared asset of that id, or None."""
        return next((a for a in self.assets if a.id == asset), None)
