"""A register file of any form, read: what it says, of whom, and what was mended or left out on the way.

Rules. 1. The form is told from the content unless somebody says it; nothing is told from a file's name. 2. A file is
taken whole or refused. 3. The same bytes give the same import.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ironkeep.codecs import inventory, leases, netbox, pcap, upsc, zeek
from ironkeep.codecs.csvtable import delimiter_of
from ironkeep.codecs.definition import Model
from ironkeep.codecs.pcapblocks import SECTION
from ironkeep.codecs.pcaprecords import MAGICS
from ironkeep.codecs.plaintext import text_of
from ironkeep.codecs.settings.entries import Entry, SettingsForm
from ironkeep.codecs.settings.read import Chart, read
from ironkeep.codecs.taken import FILE_BYTES_MAX, Taken, bounded, json_of
from ironkeep.model.errors import Refused
from ironkeep.model.register import Form, Import, Record

HEAD_BYTES: Final = 1 << 16  # that the form of a capture is told from
_PARTICULARS: Final = {"manufacturer": "maker", "model": "model", "version": "firmware", "serial": "serial"}
_SUNSPEC_FORMS: Final = (SettingsForm.SUNSPEC_JSON, SettingsForm.REGISTERS)
Models = Callable[[int], Model | None]


def is_capture(head: bytes) -> bool:
    """Do the first bytes of a file begin a capture?"""
    return head[:4] in MAGICS or head[:4] == SECTION


def of_capture(pieces: Iterable[bytes], name: str) -> Taken:
    """What a capture shows. Raises Refused naming packet and remedy."""
    return pcap.parse(pieces, name)


def recognised(data: bytes, name: str) -> Form:
    """The form of a file's bytes. Raises Refused when it has none that we read."""
    if is_capture(data):
        return Form.PCAP
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return _json(data, name)
    lines = text_of(data, name, FILE_BYTES_MAX).lines
    if zeek.looks_like(lines):
        return Form.ZEEK
    if upsc.looks_like(lines):
        return Form.NUT
    if leases.looks_like_dhcp(lines):
        return Form.DHCP
    if leases.looks_like_arp(lines):
        return Form.ARP
    if delimiter_of(lines):
        return Form.CSV
    raise Refused("no form that we read", where=name, remedy=f"say its form: {', '.join(Form)}")


def _json(data: bytes, name: str) -> Form:
    if zeek.looks_like(data[:HEAD_BYTES].decode("utf-8", errors="replace").splitlines()):  # an object a line
        return Form.ZEEK
    value = json_of(data, name)
    if isinstance(value, dict) and "models" in value:
        return Form.SUNSPEC
    if netbox.looks_like(value):
        return Form.NETBOX
    if zeek.looks_like([data.decode("utf-8", errors="replace").strip()]):
        return Form.ZEEK
    raise Refused("JSON of a kind that we do not read", where=name, remedy="an export of NetBox, SunSpec or Zeek")


def of_bytes(form: Form, data: bytes, name: str, models: Models) -> Taken:
    """What a file says. `models` gives SunSpec models. Raises Refused naming file, place and remedy."""
    if form is Form.PCAP:
        return of_capture((data,), name)
    if form is Form.SUNSPEC:
        return _sunspec(data, name, models)
    parsers = {
        Form.CSV: inventory.parse,
        Form.NETBOX: netbox.parse,
        Form.NUT: upsc.parse,
        Form.ARP: leases.arp,
        Form.DHCP: leases.dhcp,
        Form.ZEEK: zeek.parse,
    }
    return parsers[form](data, name)


def _sunspec(data: bytes, name: str, models: Models) -> Taken:
    """Who a device says it is, in a dump of its SunSpec models or registers."""
    file = read(data, name, Chart(models))
    if file.form not in _SUNSPEC_FORMS:
        raise Refused("no dump of SunSpec models or registers", where=name, remedy="dump model 1 at least")
    units: dict[str, tuple[str, dict[str, str]]] = {}
    rest = 0
    for entry in file.entries:
        if entry.path[-1] in _PARTICULARS and entry.path[0].partition("#")[0] == "1":
            units.setdefault(entry.path[0], (entry.place, {"protocol": "modbus"}))[1].update(_said(entry))
        else:
            rest += 1
    records = [Record(place, fields) for place, fields in units.values() if len(fields) > 1]
    if not records:
        raise Refused("the device does not say who it is", where=name, remedy="dump SunSpec model 1 as well")
    left = (f"{rest} points that are measured or settings",) if rest else ()
    return Taken(bounded(records, name), mended=file.remarks, left_out=left)


def _said(entry: Entry) -> dict[str, str]:
    return {_PARTICULARS[entry.path[-1]]: entry.text} if entry.text else {}


def made(form: Form, name: str, sha256: str, taken: Taken) -> Import:
    """The import of a file. Its canonical bytes are those of `canonical`."""
    return Import(
        form=form,
        name=name,
        sha256=sha256,
        records=taken.records,
        talks=taken.talks,
        mended=taken.mended,
        left_out=taken.left_out,
    )


def canonical(held: Import) -> bytes:
    """The bytes of an import as they lie in the blob store: JSON with its keys in order."""
    return msgspec.json.encode(held, order="sorted")
