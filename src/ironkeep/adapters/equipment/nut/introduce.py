"""The first words on a connection: go on encrypted, and say who asks, where that is declared.

Rules. Where an authority is named, nothing is said before the server has proved itself to it. A password goes to a
server that has done so, and to nobody else.
"""

import ssl

from ironkeep.adapters.equipment.nut.config import Server
from ironkeep.adapters.equipment.nut.wire import Wire
from ironkeep.codecs.nut import Request, password, start_tls, username
from ironkeep.model.errors import Refused, Untrusted


def secure(server: Server | None) -> ssl.SSLContext | None:
    """How a server is spoken to; None in clear. Raises Refused for an authority that cannot be read."""
    if server is None or not server.ca:
        return None
    try:
        return ssl.create_default_context(cafile=server.ca)
    except OSError as exc:
        raise Refused(f"no authority can be read: {exc}", where=server.ca, remedy="name its PEM file") from exc


async def introduce(
    wire: Wire, server: Server, context: ssl.SSLContext, host: str, timeout_s: float, handshake_s: float
) -> int:
    """Encrypt, and say who asks. Returns how many questions that took. Raises Untrusted when the server does not prove
    itself or does not agree, and as `Wire.ask`.
    """
    await _agree(wire, start_tls(), "does not offer encryption", timeout_s)
    await wire.encrypt(context, server.name or host, handshake_s)
    if not server.username:
        return 1
    await _agree(wire, username(server.username), "does not take the username", timeout_s)
    await _agree(wire, password(server.password), "does not take the password", timeout_s)
    return 3


async def _agree(wire: Wire, request: Request, otherwise: str, timeout_s: float) -> None:
    answer = await wire.ask(request, timeout_s)
    if answer.error:
        raise Untrusted(f"the server {otherwise} ({answer.error})", where=wire.where, remedy="see its settings")
