"""Asking our own console, over TLS or not: it is known by the very certificate that its file holds and by nothing else,
so that neither a name nor an authority is needed to reach ourselves.
"""

import http.client
import ssl
from typing import Final

from cryptography import x509

from ironkeep.programs.tls.listening import Listening
from ironkeep.programs.tls.pair import fingerprint

BODY_BYTES_MAX: Final = 500


class Foreign(OSError):  # noqa: N818 - a state of the port, not an error of ours
    """Something answers there with another certificate."""


def ask(where: Listening, path: str, wait_s: float) -> tuple[int, str]:
    """Status and the beginning of the answer. Raises OSError when nobody answers, Foreign when somebody else does."""
    host = where.hosts[0]
    if where.pair is None:
        plain = http.client.HTTPConnection(where.near, where.port, timeout=wait_s)
        return _ask(plain, path, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # compared below with the one that we hold
    secure = http.client.HTTPSConnection(where.near, where.port, timeout=wait_s, context=context)
    secure.connect()
    shown = secure.sock.getpeercert(binary_form=True) if isinstance(secure.sock, ssl.SSLSocket) else None
    if shown is None or fingerprint(x509.load_der_x509_certificate(shown)) != where.pair.fingerprint:
        secure.close()
        raise Foreign("it answers with another certificate")
    return _ask(secure, path, host)


def _ask(line: http.client.HTTPConnection, path: str, host: str) -> tuple[int, str]:
    try:
        line.request("GET", path, headers={"host": host, "connection": "close"})
        answer = line.getresponse()
        return answer.status, answer.read(BODY_BYTES_MAX).decode(errors="replace").strip()
    except http.client.HTTPException as exc:
        raise OSError(f"it does not speak HTTP: {exc}") from exc
    finally:
        line.close()
