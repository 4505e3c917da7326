"""Numbers of the vault.

The hash cost is the second recommended option of RFC 9106 section 4: 64 MiB, 3 passes, 4 lanes.
"""

import msgspec


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long tokens last, how hard a hash is, how quickly guessing is slowed."""

    invitation_s: int = 86_400
    session_s: int = 43_200  # one long shift
    password_length_min: int = 12
    password_length_max: int = 256
    tries_free: int = 5  # wrong passwords in a row before the next try must wait
    wait_max_s: int = 30  # and never longer: nobody is locked out
    browsers_max: int = 16  # browsers known again per account
    failures_max: int = 10_000  # rows of the failure table, so that guessing names fills no disk
    hash_memory_kib: int = 65_536
    hash_passes: int = 3
    hash_lanes: int = 4
