"""One-time codes of a second factor: six digits that a phone shows for half a minute, and recovery codes on paper.

Source: RFC 4226 (HOTP) section 5.3, RFC 6238 (TOTP) section 4; HMAC-SHA-1, six digits, 30 s, which is what every
authenticator app understands.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from ironkeep.model.time import SECOND_US

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20  # RFC 4226, 4: 160 bits
RECOVERY_BYTES: Final = 10  # 80 drawn bits: sixteen letters and digits


def draw_secret() -> bytes:
    """A fresh secret for a phone and for us."""
    return secrets.token_bytes(SECRET_BYTES)


def draw_recovery() -> str:
    """A fresh recovery code, in fours."""
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def plain(text: str) -> str:
    """A code as it is compared: without blanks and dashes, in capitals."""
    return "".join(char for char in text.upper() if char.isascii() and char.isalnum())


def spelled(secret: bytes) -> str:
    """The secret as apps read it and people type it."""
    return base64.b32encode(secret).decode()


def step_of(now_us: int) -> int:
    """The half minute in which a time lies."""
    return now_us // (STEP_S * SECOND_US)


def code_of(secret: bytes, step: int) -> str:
    """The code of a step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_shown(secret: bytes, code: str, now_us: int, around: int) -> int | None:
    """The step whose code it is, of those at most `around` from now; None where it is of none. Each is compared in
    full, so that the time tells nothing.
    """
    now, found = step_of(now_us), None
    for step in range(now - around, now + around + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode(errors="replace")):
            found = step
    return found
