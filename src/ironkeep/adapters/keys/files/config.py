"""Names and modes of key files."""

from typing import Final

PRIVATE_FILE: Final = "log.pem"  # PKCS #8, so that other tools can read it
PUBLIC_FILE: Final = "log.vkey"  # the verifier key in one line: what people keep away from the machine
FOLDER_MODE: Final = 0o700
PRIVATE_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
OTHERS: Final = 0o077  # what nobody but the owner may do with the private key
KEY_BYTES_MAX: Final = 65_536
