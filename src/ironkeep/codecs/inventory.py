"""An inventory as people keep it: a table with one asset a row, its columns named after the fields of the register.

Rules. 1. Columns are told by their heads; a few other words that lists use are known, every other column is named and
left out. 2. A column that holds secrets refuses the file by its name, and no value of it is shown. 3. Dates, states,
chemistries and kinds of credentials are checked; a value that is not understood refuses the file with line and column.
4. An empty cell says nothing, nor do n/a, tbd and the
like; "unknown" and, of dates, "not announced" are answers.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from ironkeep.codecs.csvtable import NAMES, Row, table_of
from ironkeep.codecs.plaintext import text_of
from ironkeep.codecs.settings.secrecy import secret
from ironkeep.codecs.taken import FILE_BYTES_MAX, Taken, bounded, ip_of, mac_of, printable, told
from ironkeep.model.errors import Refused
from ironkeep.model.register import FIELDS, NOT_ANNOUNCED, UNKNOWN, Record, span_of
from ironkeep.model.site import AssetKind, Chemistry, Credentials, LifeStage, Purpose

DATES: Final = frozenset(name for name in FIELDS if name.endswith(("_on", "_until")))
CHOICES: Final = {
    "kind": tuple(each.value for each in AssetKind),
    "purpose": tuple(each.value for each in Purpose),
    "chemistry": tuple(each.value for each in Chemistry),
    "credentials": tuple(each.value for each in Credentials),
    "state": tuple(each.value for each in LifeStage),
}
ABOVE_LINES_MAX: Final = 20  # looked at to find the head
HEADS_MIN: Final = 2  # fields that a line names, to be the head below a title
_NOTHING: Final = frozenset(
    ("-", "--", "---", "n/a", "na", "n.a.", "none", "nil", "null", "tbd", "tba", "?", "#n/a", "nan")
)
"""What people write into a cell to say nothing: an owner called n/a is no owner."""
_OTHER_HEADS: Final = {
    "asset": "assetid id assettag tag anlage inventarnummer",
    "kind": "type category assettype assetkind devicetype",
    "name": "assetname devicename hostname label description bezeichnung",
    "parent": "parentasset partof belongsto",
    "location": "place position rack room standort",
    "owner": "assetowner responsible department besitzer eigentümer verantwortlich tenant",
    "contact": "contactperson phone ownercontact ansprechpartner kontakt telefon",
    "vendor": "supplier servicepartner lieferant",
    "vendor_contact": "suppliercontact vendorphone servicecontact",
    "maker": "manufacturer make oem brand hersteller",
    "model": "modelname product productname partnumber typ modell",
    "serial": "serialnumber serialno sn seriennummer",
    "address": "ip ipaddress host ipv4 addr managementip ipadresse",
    "mac": "macaddress hwaddress hardwareaddress ethernetaddress macadresse hardwareadresse",
    "protocol": "protocols",
    "interfaces": "interface managementinterfaces",
    "firmware": "firmwareversion fw fwversion softwareversion version software firmwarestand softwarestand",
    "hardware": "hardwareversion hwversion hardwarerevision revision",
    "chemistry": "cellchemistry batterychemistry",
    "purpose": "use",
    "isolation": "isolationpoint isolationpoints breaker disconnector trennstelle freischaltstelle",
    "depends_on": "dependson dependencies",
    "cloud": "vendorcloud",
    "state": "status lifecycle stage lifecyclestate",
    "installed_on": "installed installationdate installdate commissioned commissioningdate inbetriebnahme",
    "design_life_until": "endoflife eol designlife designlifeend",
    "support_until": "endofsupport eos supportend supportuntil supportende supportbis",
    "patch_window": "maintenancewindow wartungsfenster",
    "calibrated_until": "calibrationdue nextcalibration kalibrierungbis",
    "inspected_until": "inspectiondue nextinspection prüfungbis nächsteprüfung",
    "migration": "migrationplan successor replacementplan",
    "retention": "dataretention",
    "room_temperature_c": "roomtemperature ambienttemperature operatingtemperature",
}
_HEADS: Final = {
    **{other: name for name, others in _OTHER_HEADS.items() for other in others.split()},
    **{name.replace("_", ""): name for name in FIELDS},
}
_NETBOX_HEADS: Final = {"role": "kind", "devicerole": "kind", "type": "model", "devicetype": "model", "id": ""}
"""Where a list tells the role of a device, as NetBox's tables do, its type is the model and its id a row's number."""
_OTHER_KINDS: Final = {
    "bank": "battery batterybank batterycabinet batterysystem bess",
    "string": "batterystring",
    "module": "batterymodule tray",
    "cell group": "cellgroup cells cell supercell",
    "rack": "batteryrack networkrack cabinet serverrack",
    "container": "batterycontainer essenclosure",
    "bms": "batterymanagementsystem batterymanagement bmscontroller bmu sbmu bbms",
    "site controller": "sitecontroller ems energymanagementsystem plantcontroller ppc rtu plc",
    "ups": "uninterruptiblepowersupply",
    "pcs": "inverter powerconversionsystem powerconverter converter",
    "hvac": "cooling chiller crac crah airconditioner airconditioning",
    "room": "roomsensors environmentsensor",
    "gas detection": "gasdetector offgasdetector gasdetectionpanel hydrogendetector gassensor",
    "fire suppression": "firepanel firealarmpanel suppression facp sprinkler",
    "generator": "genset dieselgenerator",
    "transfer switch": "ats sts automatictransferswitch statictransferswitch",
    "meter": "powermeter energymeter pdumeter",
    "relay": "protectionrelay",
    "load": "itload",
    "gateway": "router firewall networkcard protocolgateway iotgateway managementcard",
    "switch": "networkswitch accessswitch coreswitch ethernetswitch",
    "modem": "lterouter cellularmodem cellularrouter cellulargateway backhaul lte",
}
_KINDS: Final = {
    **{other: kind for kind, others in _OTHER_KINDS.items() for other in others.split()},
    **{kind.value.replace(" ", ""): kind.value for kind in AssetKind},
}
"""What other lists call a kind of asset; words as they are compared, without blanks and marks."""
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_WITH_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}.*")


def parse(data: bytes, name: str) -> Taken:
    """What an inventory table says. Raises Refused naming file, line, column and remedy."""
    text = text_of(data, name, FILE_BYTES_MAX)
    above = _lines_above(text.lines)
    lines = ["" if number < above else line for number, line in enumerate(text.lines)]
    table = table_of(lines, name, _delimiter(lines))
    head = table.rows[0]
    columns, left = _columns(head, name)
    mended = [*text.mended, *table.mended]
    if above:
        mended.append(f"lines above the head left out: line 1 to {above}")
    if table.delimiter != ",":
        mended.append(f"cells between {NAMES[table.delimiter]}s")
    records = [record for row in table.rows[1:] if (record := _record(row, columns, name, mended)) is not None]
    if not records:
        raise Refused("the table has no asset", where=name, remedy="one asset a row below the head")
    return Taken(bounded(records, name), mended=told(mended), left_out=told(left))


def template() -> str:
    """An empty inventory: remarks that explain every column, and the head."""
    lines = [
        "# Inventory for `ironkeep import`. One asset a row below the head; leave a cell empty where you do not know.",
        '# "unknown" says that you asked and nobody knows. A line that begins with # is a remark.',
        "# Never write a secret here.",
        "# Columns may be removed, moved or added; those that are not listed here are left out and named.",
        "#",
        *(f"# {name}: {meaning}" for name, meaning in FIELDS.items()),
        *(f"# {name} is one of: {', '.join(words)}" for name, words in CHOICES.items()),
        "#",
        ",".join(FIELDS),
    ]
    return "\n".join(lines) + "\n"


def _lines_above(lines: Sequence[str]) -> int:
    """How many lines stand above the head: a title, a date. None unless a line soon after them names fields and the
    first one does not.
    """
    for number, line in enumerate(lines[:ABOVE_LINES_MAX]):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = re.split(r"[,;\t|]", line)
        known = {field for word in words if (field := _HEADS.get(re.sub(r"[\W_]+", "", word).casefold()))}
        if len(known) >= HEADS_MIN or any(secret((word.strip(),), "") for word in words if word.strip()):
            titled = any(above.strip() and not above.lstrip().startswith("#") for above in lines[:number])
            return number if titled else 0
    return 0


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter of the head, where only one can be meant; an empty text lets the table tell."""
    head = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    counts = {mark: head.count(mark) for mark in NAMES}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ""


def _columns(head: Row, name: str) -> tuple[dict[int, str], list[str]]:
    """The field of each column, and the columns left out. Raises Refused for secrets, doubles, and no field at all."""
    columns: dict[int, str] = {}
    left: list[str] = []
    heads = {re.sub(r"[\W_]+", "", cell).casefold() for cell in head.cells}
    netbox = _NETBOX_HEADS if not heads.isdisjoint(("role", "devicerole")) else {}
    for number, cell in enumerate(head.cells):
        place = f"{name}: line {head.line}, column {number + 1}"
        word = re.sub(r"[\W_]+", "", cell).casefold()
        field = netbox.get(word, _HEADS.get(word, ""))
        if not field and cell and secret((cell,), ""):
            raise Refused(f"column {cell[:40]!r} holds secrets", where=place, remedy="take the column out of the file")
        if not field:
            left.append(f"column {cell[:80]!r}" if cell else f"column {number + 1}, which has no head")
        elif field in columns.values():
            raise Refused(f"two columns for {field}", where=place, remedy="keep one of them")
        else:
            columns[number] = field
    if not columns:
        raise Refused(
            "no column is a field of the register",
            where=f"{name}: line {head.line}",
            remedy="`ironkeep import --template` writes the head",
        )
    return columns, left


def _record(row: Row, columns: dict[int, str], name: str, mended: list[str]) -> Record | None:
    fields: dict[str, str] = {}
    for number, field in columns.items():
        text = printable(row.cells[number])
        if text.casefold() in _NOTHING:
            mended.append(f"line {row.line}: {field} {text!r} says nothing")
        elif text:
            where = f"{name}: line {row.line}, column {number + 1} ({field})"
            fields[field] = value = checked(field, text, where)
            if value.casefold() != text.casefold() and field in (*DATES, "mac", "kind"):
                mended.append(f"line {row.line}: {field} {text} is {value}")
    return Record(f"line {row.line}", fields) if fields else None


def kind_of(text: str) -> str:
    """The kind of asset that a word of a list means; empty where it is no kind that we know."""
    word = re.sub(r"[\W_]+", "", text).casefold()
    return _KINDS.get(word) or _KINDS.get(word.removesuffix("s"), "")


def checked(field: str, text: str, where: str) -> str:
    """A field's value in its one spelling. Raises Refused when it is not one that the field can have."""
    word = text.casefold()
    if word == UNKNOWN:
        return UNKNOWN
    if field in DATES:
        return _date(text, word, where)
    if field == "kind":
        word = kind_of(text)
    if field == "room_temperature_c" and span_of(text) is None:
        raise Refused(f"{text[:40]!r} is no span of temperatures", where=where, remedy="the lower first: 10 to 35")
    if field in CHOICES:
        if word not in CHOICES[field]:
            shown = "a value that is none of its words" if field == "credentials" else f"{text[:40]!r}"
            raise Refused(shown, where=where, remedy=f"one of {', '.join(CHOICES[field])}")
        return word
    if field == "mac":
        if not (mac := mac_of(text)):
            raise Refused(f"{text[:40]!r} is no hardware address", where=where, remedy="00:11:22:33:44:55")
        return mac
    if field == "address":
        return ip_of(text) or text.lower()
    return text


def _date(text: str, word: str, where: str) -> str:
    if word == NOT_ANNOUNCED:
        return NOT_ANNOUNCED
    plain = found[1] if (found := _WITH_TIME.fullmatch(text)) else text
    if dotted := _DOTTED.fullmatch(plain):  # day first wherever dots are written
        plain = f"{dotted[3]}-{int(dotted[2]):02d}-{int(dotted[1]):02d}"
    try:
        return date.fromisoformat(plain).isoformat()
    except ValueError:
        raise Refused(f"{text[:40]!r} is no date", where=where, remedy="2031-06-30, unknown or not announced") from None
