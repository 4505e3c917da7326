"""Limits of the desk's socket. How to reach it is one path; everything else is fixed."""

from typing import Final

REQUEST_BYTES_MAX: Final = 65_536  # one request of a face
ANSWER_BYTES_MAX: Final = 256 * 1024 * 1024  # one live picture of a very large site
CONNECTIONS_MAX: Final = 64  # faces at once
