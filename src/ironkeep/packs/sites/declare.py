"""A site file (TOML) becomes a checked `Site`, or every error in it is told at once.

Rules. An error names file, line, table and key, says what is wrong and what would be right. An unknown key is an error:
a limit that is misspelt would otherwise be no limit. Nothing is half-done: one error, and there is no site. The form is
described in docs/reference/site-file.md.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId
from ironkeep.model.site import Access, Asset, AssetKind, Console, Device, Paper, Purpose, Site
from ironkeep.packs.sites import faces, listening, paper, values
from ironkeep.packs.sites.check import Declared, crossed
from ironkeep.packs.sites.known import KEYS_OF, MODBUS, MODBUS_TLS_PORT, NUT, NUT_PORT, PROTOCOLS, map_names
from ironkeep.packs.sites.lines import Lines
from ironkeep.packs.sites.mistake import Mistake, refusal
from ironkeep.packs.sites.ranges import BadRange, expand

FILE_BYTES_MAX = 8 * 1024 * 1024  # a site of a hundred thousand assets fits
PERIOD_MIN_S, PERIOD_MAX_S = 0.1, 3_600.0
TIMEOUT_MIN_S, TIMEOUT_MAX_S = 0.05, 60.0
IN_FLIGHT_MAX = 16
READ_REGISTERS_MAX = 125  # MODBUS Application Protocol 1.1b3, 6.3
UNIT_MAX = 255
SLOTS_MAX = 64  # connections; no controller is known to accept more
POWER_MAX_W, ENERGY_MAX_WH = 1e10, 1e12

_TABLES = ("site", "asset", "device", "console", "access")
_SITE: Mapping[str, values.Check] = {
    "id": values.site_id,
    "name": values.text,
    "time_zone": values.time_zone,
    "simulated": values.flag,
    "shift_lead": values.text,
    "fire_service": values.text,
}
_ASSET: Mapping[str, values.Check] = {
    "id": values.asset_id,
    "kind": values.one_of(AssetKind),
    "name": values.text,
    "location": values.text,
    "purpose": values.one_of(Purpose),
    "feeds": values.asset_ids,
    "room": values.asset_id,
    "witnesses": values.asset_ids,
    "parent": values.asset_id,
    "rated_power_w": values.number(0.0, POWER_MAX_W, "W"),
    "rated_energy_wh": values.number(0.0, ENERGY_MAX_WH, "Wh"),
    **paper.CHECKS,
}
_NEEDED = {"site": ("id", "name"), "asset": ("id", "kind"), "device": ("id", "asset", "protocol", "host")}
_NEEDED_OF = {MODBUS: ("port",), NUT: ("ups",)}


def _device_checks(maps: Callable[[], Iterable[str]]) -> Mapping[str, values.Check]:
    return {
        "id": values.device_id,
        "asset": values.asset_id,
        "protocol": values.word_of(PROTOCOLS, "protocol"),
        "host": values.host,
        "port": values.whole(1, 65_535),
        "unit": values.whole(0, UNIT_MAX),
        "maps": values.names(maps, "map"),
        "children": values.children,
        "period_s": values.number(PERIOD_MIN_S, PERIOD_MAX_S, "s"),
        "timeout_s": values.number(TIMEOUT_MIN_S, TIMEOUT_MAX_S, "s"),
        "in_flight": values.whole(1, IN_FLIGHT_MAX),
        "reads_registers_max": values.whole(1, READ_REGISTERS_MAX, " registers"),
        "base": values.whole(0, 65_534),
        "power_sign": values.sign,
        "sign_proven": values.flag,
        "ups": values.ups,
        "slots": values.whole(1, SLOTS_MAX, " connections"),
        "slot_holders": values.texts,
        "tls": values.tls,
        "tap": listening.tap,
        "chain": listening.chain,
        "writers": listening.writers,
    }


def declare(path: Path, maps: Callable[[], Iterable[str]] = map_names) -> tuple[Site, bytes]:
    """The site that a file declares, and the file's bytes, whose digest stands for it. `maps` gives the names of the
    maps that a device may be read by.

    Raises Refused, with every error in the file, or why it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise Refused(f"the site file cannot be read: {why}", where=str(path), remedy="name one that exists") from exc
    if len(data) > FILE_BYTES_MAX:
        raise Refused(f"the file is larger than {FILE_BYTES_MAX} bytes", where=str(path), remedy="use ranges for ids")
    try:
        text = data.decode("utf-8-sig")  # some editors begin a file with a mark that nobody sees
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise Refused("the file is not UTF-8 text", where=f"{path}:{line}", remedy="save it as UTF-8") from exc
    return declare_text(text, str(path), maps), data


def declare_text(text: str, name: str = "site.toml", maps: Callable[[], Iterable[str]] = map_names) -> Site:
    """The site that a text declares; `name` is the file's name in errors. Raises Refused with every error."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError, OverflowError) as exc:
        why = "brackets are nested too deeply" if isinstance(exc, RecursionError) else str(exc)
        if not isinstance(exc, RecursionError | tomllib.TOMLDecodeError):
            why = "a number or date in it is out of range"  # told by Python, in words for those who program
        raise Refused(f"not TOML: {why}", where=name, remedy="mend the line named; the form is TOML 1.0") from exc
    reader = _Reader(document, Lines(text), maps)
    site = reader.site()
    if site is None:
        raise refusal(name, reader.mistakes)
    return site


class _Reader:
    """One pass over a document; `mistakes` collects all that is wrong."""

    def __init__(self, document: dict[str, Any], lines: Lines, maps: Callable[[], Iterable[str]]) -> None:
        self._document = document
        self._lines = lines
        self._maps = maps
        self.mistakes: list[Mistake] = []
        self._ids_named: set[AssetId] = set()  # of every asset, its other keys right or wrong

    def site(self) -> Site | None:
        """The site, or None when there are mistakes."""
        for key in self._document:
            if key not in _TABLES:
                guess = values.nearest(key, _TABLES)
                remedy = f"one of [site], [[asset]], [[device]], [console], [access]{guess}"
                self._wrong((key, 0, ""), f"there is no table {key!r}", remedy)
        head = self._table("site", 0, self._head(), _SITE)
        console = self._table("console", 0, self._document.get("console", {}), faces.CONSOLE)
        asked = self._table("access", 0, self._document.get("access", {}), faces.ACCESS)
        if console is not None and ("certificate" in console) != ("key" in console):
            self._wrong(("console", 0, ""), "certificate and key belong together", "name both files, or neither")
        assets = self._assets()
        devices = self._devices()
        self.mistakes += crossed(assets, devices, self._ids_named, self._lines)
        if self.mistakes or head is None or console is None or asked is None:
            return None
        head |= {"console": Console(**console), "access": Access(**asked)}
        return Site(assets=tuple(a.item for a in assets), devices=tuple(d.item for d in devices), **head)

    def _head(self) -> Any:
        if "site" not in self._document:
            self._wrong(("site", 0, ""), "the table [site] is missing", "begin the file with [site], id and name")
            return None
        return self._document["site"]

    def _assets(self) -> "list[Declared[Asset]]":
        found: list[Declared[Asset]] = []
        rows = self._array("asset")
        for index, row in enumerate(rows):
            ids = self._ids(index, row)
            if not ids:
                continue
            self._ids_named |= {AssetId(each) for each in ids}
            table = self._table("asset", index, {**row, "id": ids[0]}, _ASSET)
            for key in paper.OF_ONE if len(ids) > 1 else ():
                if key in row:
                    what = f"{len(ids)} assets cannot have one {key}"
                    self._wrong(("asset", index, key), what, "give each asset that has one a line of its own")
            if table is not None:
                said = {key: table.pop(key) for key in paper.CHECKS if key in table}
                first = Asset(**table, paper=Paper(**said))
                found += [Declared(index, msgspec.structs.replace(first, id=each)) for each in ids]
        if not rows and "asset" not in self._document:
            self._wrong(("asset", 0, ""), "no asset is declared", "add one [[asset]] at least, with id and kind")
        return found

    def _devices(self) -> "list[Declared[Device]]":
        found: list[Declared[Device]] = []
        checks = _device_checks(self._maps)
        for index, row in enumerate(self._array("device")):
            table = self._table("device", index, row, checks)
            if table is not None and self._speaks(index, table):
                found.append(Declared(index, Device(**table)))
        return found

    def _speaks(self, index: int, table: dict[str, Any]) -> bool:
        """Do the keys of a device fit its protocol? Gives it what its protocol says where the file does not."""
        before, mine = len(self.mistakes), table["protocol"]
        for protocol, keys in KEYS_OF.items():
            for key in keys:
                if key in table and key not in KEYS_OF[mine]:
                    remedy = f"leave {key} out, or speak {protocol}"
                    self._wrong(("device", index, key), f"{key!r} is a key of {protocol}, not of {mine}", remedy)
        if mine == NUT:
            table.setdefault("port", NUT_PORT)
            table.setdefault("maps", ())
        elif "tls" in table:
            table.setdefault("port", MODBUS_TLS_PORT)
        if "slot_holders" in table and "slots" not in table:
            remedy = "add slots = ..., the number of connections that the device accepts"
            self._wrong(("device", index, "slot_holders"), "of how many connections these are is not said", remedy)
        for key, what, remedy in listening.mistakes(table):
            self._wrong(("device", index, key), what, remedy)
        for key in _NEEDED_OF[mine]:
            if key not in table:
                self._wrong(("device", index, ""), f"the key {key!r} is missing", f"add {key} = ...")
        return len(self.mistakes) == before

    def _ids(self, index: int, row: Any) -> tuple[str, ...]:
        """The ids that an asset's line stands for; none when it cannot be counted."""
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            self._table("asset", index, row, _ASSET)
            return ()
        try:
            return expand(row["id"])
        except BadRange as exc:
            self._wrong(("asset", index, "id"), str(exc), "a range counts up, as in {01..20}")
            return ()

    def _array(self, table: str) -> list[Any]:
        rows = self._document.get(table, [])
        if not isinstance(rows, list):
            self._wrong((table, 0, ""), f"[{table}] is one table", f"write [[{table}]], once for each")
            return []
        return rows

    def _table(self, table: str, index: int, row: Any, checks: Mapping[str, values.Check]) -> dict[str, Any] | None:
        """The row with every value as the model wants it; None when anything in it is wrong."""
        before = len(self.mistakes)
        if row is None:
            return None
        if not isinstance(row, dict):
            self._wrong((table, index, ""), f"{values.shown(row)} is not a table", "keys and values")
            return None
        good: dict[str, Any] = {}
        for key, value in row.items():
            if key not in checks:
                guess = values.nearest(key, checks)
                self._wrong((table, index, key), f"there is no key {key!r}", f"one of {', '.join(checks)}{guess}")
                continue
            try:
                good[key] = checks[key](value)
            except values.Wrong as exc:
                self._wrong((table, index, key), exc.what, exc.remedy)
        for key in _NEEDED.get(table, ()):
            if key not in row:
                self._wrong((table, index, ""), f"the key {key!r} is missing", f"add {key} = ...")
        return good if len(self.mistakes) == before else None

    def _wrong(self, place: tuple[str, int, str], what: str, remedy: str) -> None:
        self.mistakes.append(Mistake(self._lines.of(*place), place, what, remedy))
