"""`ironkeep discover`: one device that a person names is asked once, read-only, and becomes a site file.

Rules. The number of requests is stated beforehand and never passed. What is written must pass the check of site files,
and a file that exists is never overwritten.
"""

import os
from pathlib import Path
from typing import Final

from ironkeep.adapters.equipment.nut.config import Server
from ironkeep.adapters.equipment.nut.meet import REQUESTS_MIN
from ironkeep.faces.cli.wiring import Discovery
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.known import NUT
from ironkeep.programs.discover import modbus, nut
from ironkeep.programs.discover.target import target

REQUESTS_MAX: Final = 5_000
TIMEOUT_S: Final = 3.0
UNIT_MAX: Final = 255


def discover(
    text: str, *, protocol: str, unit: int, requests_max: int, ca: Path | None = None, name: str = ""
) -> Discovery:
    """What stands at the one address that a text names; with `ca` an upsd is asked encrypted or not at all, and `name`
    is what its certificate calls it.

    Raises Refused for anything but one device, Unavailable when nobody answers, Untrusted for answers that cannot be
    believed.
    """
    if not REQUESTS_MIN <= requests_max <= REQUESTS_MAX:
        raise Refused(f"{requests_max} requests", where="--requests", remedy=f"{REQUESTS_MIN} to {REQUESTS_MAX}")
    if not 0 <= unit <= UNIT_MAX:
        raise Refused(f"unit {unit}", where="--unit", remedy=f"0 to {UNIT_MAX}; 1 as a rule")
    at = target(text, protocol)
    if ca is not None and at.protocol != NUT:
        raise Refused("Modbus needs certificates on both sides", where="--ca", remedy="declare tls in the site file")
    if at.protocol == NUT:
        found = nut.ask(at, requests_max, TIMEOUT_S, Server(ca=str(ca or ""), name=name))
    else:
        found = modbus.ask(at, unit, requests_max, TIMEOUT_S)
    if found.entry.count("[[device]]"):
        declare_text(found.entry, "what was found")
    return found


def require_new(path: Path | None) -> None:
    """Raises Conflict when the file to be written is there already: nothing is asked in vain."""
    if path is not None and path.exists():
        raise Conflict("there is such a file already", where=str(path), remedy="name another with --out")


def write(found: Discovery, path: Path) -> None:
    """Write the entry to a new file. Raises Conflict when there is one, Unavailable when it cannot be written."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
            file.write(found.entry)
    except FileExistsError as exc:
        raise Conflict("there is such a file already", where=str(path), remedy="name another with --out") from exc
    except OSError as exc:
        raise Unavailable(f"cannot be written: {exc.strerror}", where=str(path), remedy="name another place") from exc
