"""A first look at one server for a person who asks which UPSes it speaks for: asked once, hung up.

Rules. One connection, one question in flight, lists only, and never more questions than was said beforehand. A UPS
whose values cannot be had is told with the reason. Nobody logs in.
"""

import contextlib
from typing import Final

import msgspec

from ironkeep.adapters.equipment.nut.config import Server
from ironkeep.adapters.equipment.nut.introduce import introduce, secure
from ironkeep.adapters.equipment.nut.station import WORDS
from ironkeep.adapters.equipment.nut.wire import Wire, connect
from ironkeep.adapters.names import Lookup
from ironkeep.codecs.nut import ErrorCode, is_name, list_ups, list_variables, logout, version
from ironkeep.model.errors import Trouble, Unavailable

REQUESTS_MIN: Final = 4  # encryption, version, list, good-bye


class MetUps(msgspec.Struct, frozen=True):
    """One UPS of the server: its values by variable, or in words why there are none."""

    name: str
    description: str
    values: dict[str, str]
    trouble: str = ""


class MetServer(msgspec.Struct, frozen=True):
    """What one look found. `unasked` names UPSes that the questions did not suffice for; `encrypted`: by a server that
    proved who it is.
    """

    version: str
    upses: tuple[MetUps, ...]
    requests: int
    unasked: tuple[str, ...]
    encrypted: bool = False


async def meet(host: str, port: int, requests_max: int, timeout_s: float, server: Server | None = None) -> MetServer:
    """Look at a server once, encrypted where `server` says so; `requests_max` is REQUESTS_MIN at least. Nobody says who
    asks: `server` has no username.

    Raises Unavailable when nobody answers in time, Untrusted when an answer does not belong to its question or the
    server does not prove who it is.
    """
    assert requests_max >= REQUESTS_MIN
    assert server is None or not server.username
    context = secure(server)
    where = f"{host}:{port}"
    try:
        wire = await connect(Lookup(host), port, timeout_s)
    except (OSError, TimeoutError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "no answer in time"
        raise Unavailable(f"no connection: {why}", where=where, remedy="check the address, the port, LISTEN") from exc
    try:
        fixed = 3  # version, list and good-bye
        if server is not None and context is not None:
            fixed += await introduce(wire, server, context, host, timeout_s, timeout_s)
        said = await wire.ask(version(), timeout_s)
        listed = await wire.ask(list_ups(), timeout_s)
        if listed.error:
            raise Unavailable(f"the server refuses: {listed.error}", where=where, remedy="see its settings")
        names = [name for name in listed.rows if is_name(name)]
        asked, unasked = names[: requests_max - fixed], names[requests_max - fixed :]
        upses = [await _ups(wire, name, listed.rows[name], timeout_s) for name in asked]
        with contextlib.suppress(Trouble):
            await wire.ask(logout(), timeout_s)
        return MetServer(said.text, tuple(upses), fixed + len(asked), tuple(unasked), context is not None)
    finally:
        wire.close()


async def _ups(wire: Wire, name: str, description: str, timeout_s: float) -> MetUps:
    answer = await wire.ask(list_variables(name), timeout_s)
    if not answer.error:
        return MetUps(name, description, answer.rows)
    known = WORDS[ErrorCode(answer.error)] if answer.error in set(ErrorCode) else "the server refuses"
    return MetUps(name, description, {}, f"{known} ({answer.error})")
