"""Names and values that are secrets: what stands under them is compared and never shown, printed or kept.

Rules. 1. A name is a secret's when any part of its path says so (password, community, token, key, ...). 2. A value is a
secret whatever its name when it holds a private key, or an address with a user's password in it. 3. In doubt it is one.
"""

import re
from typing import Final

WORDS: Final = frozenset(
    "password passwd pwd pass passphrase passcode passwort kennwort motdepasse contraseña secret secrets token tokens "
    "community psk key keys apikey keyfile privkey credential credentials creds pin puk auth authpass privpass bearer "
    "cookie hash salt otp totp seed nonce licencekey licensekey wep wpa".split()
)
PARTS: Final = (
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "kennwort",
    "secret",
    "token",
    "community",
    "apikey",
    "privatekey",
    "credential",
    "presharedkey",
)
_VALUE: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,40}-----|\b[a-z][a-z0-9+.-]{1,15}://[^/@\s:]{0,128}:[^/@\s]{1,256}@", re.I
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")


def secret(path: tuple[str, ...], text: str) -> bool:
    """Is the value under this path a secret?"""
    for part in path:
        if WORDS & {word.casefold() for word in _WORDS.findall(part)}:
            return True
        squeezed = re.sub(r"[\W_]+", "", part).casefold()
        if any(each in squeezed for each in PARTS):
            return True
    return _VALUE.search(text) is not None
