"""`ironkeep discover`: one device that a person names is asked once, read-only, and becomes a site file.

Rules. The number of requests is stated beforehand and never passed. What is written must pass the check of site files,
and a file that exists is never overwritten.
"""

import os
from functools import partial
from pathlib import Path
from typing import Final

from ironkeep.adapters.equipment.nut.config import Server
from ironkeep.adapters.equipment.nut.meet import REQUESTS_MIN
from ironkeep.faces.cli.wiring import Discovery, Papers, Tell, untold
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.model.site import Tls
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.known import NUT
from ironkeep.programs.discover import modbus, nut
from ironkeep.programs.discover.target import target

REQUESTS_MAX: Final = 5_000
TIMEOUT_S: Final = 10.0  # a person asks once: a card that encrypts slowly is worth the wait
UNIT_MAX: Final = 255
NO_PAPERS: Final = Papers()


def discover(
    text: str, *, protocol: str, unit: int, requests_max: int, papers: Papers = NO_PAPERS, tell: Tell = untold
) -> Discovery:
    """What stands at the one address that a text names; with papers it is asked encrypted or not at all.

    Raises Refused for anything but one device, Unavailable when nobody answers, Untrusted for answers that cannot be
    believed.
    """
    if not REQUESTS_MIN <= requests_max <= REQUESTS_MAX:
        raise Refused(f"{requests_max} requests", where="--requests", remedy=f"{REQUESTS_MIN} to {REQUESTS_MAX}")
    if not 0 <= unit <= UNIT_MAX:
        raise Refused(f"unit {unit}", where="--unit", remedy=f"0 to {UNIT_MAX}; 1 as a rule")
    at = target(text, protocol, papers != NO_PAPERS)
    if at.protocol == NUT:
        if papers.certificate or papers.key:
            raise Refused("upsd asks for no certificate", where="--certificate", remedy="--ca alone")
        tell(f"asking {at.host}")
        found = nut.ask(at, requests_max, TIMEOUT_S, Server(ca=str(papers.ca or ""), name=papers.name))
    else:
        sent = partial(tell, f"requests sent, of {requests_max} at most")
        found = modbus.ask(at, unit, requests_max, TIMEOUT_S, _tls(papers), sent)
    if found.entry.count("[[device]]"):
        declare_text(found.entry, "what was found")
    return found


def _tls(papers: Papers) -> Tls | None:
    """How Modbus is spoken with these papers. Raises Refused when some are lacking: both sides show who they are."""
    if papers == NO_PAPERS:
        return None
    if papers.ca is None or papers.certificate is None or papers.key is None:
        what = "over TLS both sides show a certificate"
        raise Refused(what, where="--ca, --certificate, --key", remedy="give all three, or none")
    ca, certificate, key = (str(path.resolve()) for path in (papers.ca, papers.certificate, papers.key))
    return Tls(ca, certificate, key, papers.name)


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
