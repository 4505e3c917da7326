"""Limits of the desk's socket. How to reach it is one path; everything else is fixed."""

from typing import Final

REQUEST_BYTES_MAX: Final = 65_536  # one request of a face
ANSWER_BYTES_MAX: Final = 256 * 1024 * 1024  # one live picture of a very large site
CONNECTIONS_MAX: Final = 64  # faces at once
ASK_TIMEOUT_S: Final = 10.0  # how long a face waits for an answer
CONNECT_TIMEOUT_S: Final = 2.0
SEND_TIMEOUT_S: Final = 10.0  # a follower that takes longer to read one picture is cut off
SOCKET_MODE: Final = 0o600
