"""Modbus/TCP Security: TLS with a certificate on both sides, or no connection.

Rules. Nothing is taken by default: only the declared certificates may vouch for a device, its name must be the declared
one, and TLS is 1.2 at least. There is no way to switch a check off. Files are read at each connection, so that renewed
ones count without a restart; one that cannot be read is no connection.
Source: MODBUS/TCP Security Protocol Specification, MB-TCP-Security-v21 (2018): mutual authentication, TLS 1.2 or newer.
"""

import ssl

from ironkeep.model.site import Tls


def secure(tls: Tls) -> ssl.SSLContext:
    """The context of a connection. Raises OSError or ValueError when a file cannot be read or does not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name, and trusts nobody yet
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=tls.ca)
    except OSError as exc:
        raise ValueError(f"{tls.ca} cannot be used: {trouble(exc)}") from exc
    try:
        context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except OSError as exc:
        raise ValueError(f"{tls.certificate} and {tls.key} cannot be used: {trouble(exc)}") from exc
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    return context


def _no_password() -> str:
    raise ValueError("the key file asks for a password; give one that does not, readable by us alone")


def trouble(exc: Exception) -> str:
    """Why a connection failed, in words."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"the device's certificate is not believed: {exc.verify_message}"
    if isinstance(exc, ssl.SSLError):
        return f"TLS failed: {exc.reason or exc}"
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
