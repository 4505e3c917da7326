"""NetBox's JSON: devices, interfaces, addresses, racks and power feeds, as its API lists them or an export holds them.

Rules. 1. A list of the API (`results`), an object of lists by kind, a bare list, and Django's dump (`model`, `fields`)
are understood; nested objects and flat dotted names alike. 2. A device's record gathers its own fields, the hardware
address of its interfaces and its primary address. Racks and feeds are records of their own. 3. Statuses become stages
of life; one that we do not know is left out and named. 4. A custom field counts when it is called as a field of the
register. Every other list and field is left out; kinds of list are named. Values of custom fields that look like
secrets refuse the file.
Source: NetBox 4 data model, dcim.Device, dcim.Interface, dcim.Rack, dcim.PowerFeed, ipam.IPAddress.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ironkeep.codecs.inventory import checked, kind_of
from ironkeep.codecs.settings.secrecy import secret
from ironkeep.codecs.taken import Taken, bounded, ip_of, json_of, mac_of, printable, told
from ironkeep.model.errors import Refused
from ironkeep.model.register import FIELDS, Record

Row = Mapping[str, Any]

KINDS: Final = {
    "devices": "device",
    "device": "device",
    "interfaces": "interface",
    "interface": "interface",
    "ipaddresses": "address",
    "ipaddress": "address",
    "racks": "rack",
    "rack": "rack",
    "powerfeeds": "feed",
    "powerfeed": "feed",
}
_STATES: Final = {
    "active": "active",
    "offline": "active",
    "failed": "active",
    "planned": "planned",
    "staged": "planned",
    "reserved": "planned",
    "available": "spare",
    "inventory": "spare",
    "decommissioning": "retired",
    "deprecated": "retired",
}
_NAMES: Final = ("name", "display", "label", "slug", "model", "address", "value")
_ADVICE: Final = "export devices (and interfaces, IP addresses, racks, power feeds) as JSON"


def parse(data: bytes, name: str) -> Taken:
    """What the export says. Raises Refused naming the entry that is not understood."""
    value = json_of(data, name)
    left: list[str] = []
    lists: dict[str, list[tuple[str, Row]]] = {}
    for kind, place, rows in _lists(value, left):
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                raise Refused("not an object", where=f"{name}: {place} {number}", remedy=_ADVICE)
            lists.setdefault(kind, []).append((f"{place} {number}", row))
    if not lists:
        raise Refused("no device, rack, address or feed in it", where=name, remedy=_ADVICE)
    macs, addresses = _interfaces(lists), _addresses(lists)
    records = [_device(row, place, name, macs, addresses, left) for place, row in lists.get("device", [])]
    records += [_thing("rack", row, place, left) for place, row in lists.get("rack", [])]
    records += [_thing("power feed", row, place, left) for place, row in lists.get("feed", [])]
    if not records:
        raise Refused("interfaces and addresses alone say nothing of devices", where=name, remedy=_ADVICE)
    return Taken(bounded(records, name), left_out=told(dict.fromkeys(left)))


def looks_like(value: Any) -> bool:
    """Is a JSON value one of NetBox's forms?"""
    try:
        return any(rows for _, _, rows in _lists(value, []))
    except (TypeError, AttributeError):
        return False


# -------------------------------------------------------------------------------------------------------- forms of file


def _lists(value: Any, left: list[str]) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """Each list of a kind that we read: kind, what places are called, its rows."""
    if isinstance(value, list):
        yield from _bare(value, left)
    elif isinstance(value, dict) and isinstance(value.get("results"), list):
        yield from _bare(value["results"], left)
    elif isinstance(value, dict):
        for key, inner in value.items():
            rows = inner.get("results") if isinstance(inner, dict) else inner
            kind = _kind(key)
            if kind and isinstance(rows, list):
                yield kind, key, rows
            elif isinstance(rows, list):
                left.append(f"list {printable(key)[:80]}")


def _bare(rows: Sequence[Any], left: list[str]) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """A list without a name: Django's dump by its models, else by what its first row looks like."""
    first = rows[0] if rows else None
    if not isinstance(first, dict):
        return
    if isinstance(first.get("fields"), dict) and isinstance(first.get("model"), str):
        by_model: dict[str, list[Any]] = {}
        for row in rows:
            if isinstance(row, dict) and isinstance(row.get("fields"), dict):
                by_model.setdefault(str(row.get("model")), []).append({"id": row.get("pk"), **row["fields"]})
        for model, some in by_model.items():
            if kind := _kind(model):
                yield kind, model, some
            else:
                left.append(f"model {printable(model)[:80]}")
    elif kind := _guessed(first):
        yield kind, kind, rows


def _kind(key: str) -> str:
    """What a list is of, by its name: `devices`, `dcim.device`, `ipam/ip-addresses`."""
    last = key.replace("/", ".").strip(".").rpartition(".")[2]
    return KINDS.get(last.replace("_", "").replace("-", "").casefold(), "")


def _guessed(row: Row) -> str:
    if _kind(str(row.get("url", "")).partition("?")[0].rstrip("0123456789/")):
        return _kind(str(row["url"]).partition("?")[0].rstrip("0123456789/"))
    keys = {key.partition(".")[0] for key in row}
    for kind, marks in (
        ("device", {"device_type"}),
        ("rack", {"u_height"}),
        ("feed", {"power_panel"}),
        ("interface", {"mac_address", "device"}),
        ("address", {"address", "assigned_object"}),
    ):
        if marks <= keys:
            return kind
    return ""


# --------------------------------------------------------------------------------------------------------------- fields


def text(row: Row, *path: str) -> str:
    """The text under a path, whether nested or flat (`a.b`, `a__b`); an object gives its name, none an empty text."""
    for joint in (".", "__"):
        flat = row.get(joint.join(path))
        if flat is not None and not isinstance(flat, dict | list):
            return printable(str(flat))
    value: Any = row
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value = next((value[each] for each in _NAMES if isinstance(value.get(each), str | int)), None)
    return "" if value is None or isinstance(value, dict | list | bool) else printable(str(value))


def _key(row: Row, field: str) -> str:
    """How a row names the device that it belongs to: its name, else its number."""
    inner = row.get(field)
    if isinstance(inner, dict):
        return str(inner.get("name") or inner.get("id") or "")
    return str(inner or row.get(f"{field}.name") or "")


def _interfaces(lists: Mapping[str, Sequence[tuple[str, Row]]]) -> dict[str, str]:
    """Hardware address by device; that of a management interface before others."""
    found: dict[str, str] = {}
    rows = [row for _, row in lists.get("interface", [])]
    for row in sorted(rows, key=lambda each: not each.get("mgmt_only")):
        mac = mac_of(text(row, "mac_address") or text(row, "primary_mac_address", "mac_address"))
        if mac:
            found.setdefault(_key(row, "device"), mac)
    return found


def _addresses(lists: Mapping[str, Sequence[tuple[str, Row]]]) -> dict[str, str]:
    """IP address by device, where the device's own row does not say."""
    found: dict[str, str] = {}
    for _, row in lists.get("address", []):
        owner = row.get("assigned_object")
        device = _key(owner, "device") if isinstance(owner, dict) else ""
        address = ip_of(text(row, "address"))
        if device and address:
            found.setdefault(device, address)
    return found


def _device(
    row: Row, place: str, name: str, macs: Mapping[str, str], addresses: Mapping[str, str], left: list[str]
) -> Record:
    fields = _common(row, place, left)
    names = (text(row, "name"), text(row, "id"))
    address = next(
        (ip for field in ("primary_ip", "primary_ip4", "primary_ip6") if (ip := ip_of(text(row, field)))), ""
    )
    role = (text(row, "role") or text(row, "device_role")).casefold()
    found = {
        "kind": kind_of(role),
        "parent": text(row, "rack") or text(row, "parent_device"),
        "maker": text(row, "device_type", "manufacturer") or text(row, "manufacturer"),
        "model": text(row, "device_type", "model") or text(row, "device_type"),
        "serial": text(row, "serial"),
        "address": address or next((addresses[each] for each in names if each in addresses), ""),
        "mac": next((macs[each] for each in names if each in macs), ""),
    }
    if role and not found["kind"]:
        left.append(f"role {role[:80]}, which is no kind of asset")
    position = text(row, "position")
    if position and fields.get("location"):
        fields["location"] += f", unit {position}"
    own = _custom(row, f"{name}: {place}")
    return Record(place, {key: value for key, value in {**fields, **found, **own}.items() if value})


def _thing(kind: str, row: Row, place: str, left: list[str]) -> Record:
    fields = _common(row, place, left)
    if kind == "rack":
        fields["serial"] = text(row, "serial")
    else:
        fields["parent"] = text(row, "power_panel")
    fields["name"] = f"{kind} {fields.get('name') or place}"
    fields["kind"] = "rack" if kind == "rack" else "other"
    return Record(place, {key: value for key, value in fields.items() if value})


def _common(row: Row, place: str, left: list[str]) -> dict[str, str]:
    """Fields that devices, racks and feeds share."""
    status = text(row, "status", "value") or text(row, "status")
    state = _STATES.get(status.casefold(), "")
    if status and not state:
        left.append(f"{place}: status {status[:80]}")
    spots = dict.fromkeys(spot for spot in (text(row, "site"), text(row, "location"), text(row, "rack")) if spot)
    return {
        "name": text(row, "name") or text(row, "display"),
        "owner": text(row, "tenant"),
        "location": ", ".join(spots),
        "state": state,
    }


def _custom(row: Row, where: str) -> dict[str, str]:
    """Custom fields that are called as fields of the register. Raises Refused for one that holds a secret."""
    own = row.get("custom_fields") or row.get("custom_field_data")
    found: dict[str, str] = {}
    for key, value in own.items() if isinstance(own, dict) else ():
        plain = "" if value is None or isinstance(value, dict | list) else printable(str(value))
        if plain and key in FIELDS and key != "kind":
            found[key] = checked(key, plain, f"{where}, custom field {key}")
        elif plain and secret((key,), plain):
            raise Refused(f"custom field {key[:40]!r} holds secrets", where=where, remedy="leave it out of the export")
    return found
