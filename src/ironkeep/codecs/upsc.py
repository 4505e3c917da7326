"""What a UPS says of itself through Network UPS Tools, as `upsc` prints it: one variable a line.

Rules. Names and values of the device become a record; measured values are no part of a register and are counted. A line
that is no variable refuses the file.
Source: RFC 9271, variables of device., ups. and battery.; upsc(8).
"""

import re
from collections.abc import Sequence
from typing import Final

from ironkeep.codecs.plaintext import text_of
from ironkeep.codecs.taken import FILE_BYTES_MAX, Taken, bounded, mac_of, printable
from ironkeep.model.errors import Refused
from ironkeep.model.register import Record

VARIABLE: Final = re.compile(r"([a-z][a-z0-9]*(?:\.[A-Za-z0-9_-]+)+):(?:\s+(.*))?")
_FIELDS: Final = {
    "maker": ("device.mfr", "ups.mfr"),
    "model": ("device.model", "ups.model"),
    "serial": ("device.serial", "ups.serial"),
    "mac": ("device.macaddr",),
    "firmware": ("ups.firmware",),
    "location": ("device.location",),
    "contact": ("device.contact",),
    "name": ("ups.id", "device.description"),
}
_CHEMISTRY: Final = {"pbac": "vrla", "pbacid": "vrla", "vrla": "vrla", "lead": "vrla", "lifepo4": "lfp", "nicd": "nicd"}
_GENERIC: Final = frozenset(("", "unknown", "generic", "no serial", "not set", "n/a", "0", "000000000000"))


def looks_like(lines: Sequence[str]) -> bool:
    """Are all lines variables of Network UPS Tools?"""
    content = [line for line in lines if line.strip()]
    return (
        len(content) > 1 and all(map(VARIABLE.fullmatch, content)) and any(line.startswith("ups.") for line in content)
    )


def parse(data: bytes, name: str) -> Taken:
    """What the UPS says of itself. Raises Refused naming the line that is no variable."""
    text = text_of(data, name, FILE_BYTES_MAX)
    said: dict[str, str] = {}
    at = 0
    for number, line in enumerate(text.lines, 1):
        if not line.strip() or line.startswith(("Init SSL", "Warning")):
            continue
        found = VARIABLE.fullmatch(line.rstrip())
        if not found:
            raise Refused(
                "no variable", where=f"{name}: line {number}", remedy="give the output of `upsc NAME` as it is"
            )
        at = at or number
        said[found[1]] = printable(found[2] or "")
    fields = {"kind": "ups", "protocol": "nut"}
    used = set()
    for field, variables in _FIELDS.items():
        for variable in variables:
            value = said.get(variable, "")
            if value.casefold() not in _GENERIC and field not in fields:
                plain = mac_of(value) if field == "mac" else value
                if plain:
                    fields[field] = plain
                    used.add(variable)
    kind = re.sub(r"\W", "", said.get("battery.type", "")).casefold()
    if kind in _CHEMISTRY:
        fields["chemistry"] = _CHEMISTRY[kind]
        used.add("battery.type")
    if len(fields) == 2:
        raise Refused("the UPS does not say who it is", where=name, remedy="declare it in the site file")
    rest = len(said.keys() - used)
    left = (f"{rest} variables that are measured or no field of the register",) if rest else ()
    return Taken(bounded([Record(f"line {at}", fields)], name), mended=text.mended, left_out=left)
