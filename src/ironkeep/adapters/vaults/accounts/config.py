"""Numbers of the vault.

The hash cost is the second recommended option of RFC 9106 section 4: 64 MiB, 3 passes, 4 lanes.
"""

import msgspec


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long links, sessions and tokens last, how hard a hash is, how quickly guessing is slowed."""

    invitation_s: int = 86_400
    invitations_max: int = 50  # unused links at once
    session_s: int = 43_200  # one long shift
    idle_s: int = 1_800  # without a request or an open page
    touch_s: int = 60  # how exactly the last use of a session is kept
    shared_within_s: int = 300  # two browsers used within this time count as at the same time
    password_length_min: int = 12
    password_length_max: int = 256
    tries_free: int = 5  # wrong passwords in a row before the next try must wait
    wait_max_s: int = 30  # and never longer: nobody is locked out
    browsers_max: int = 16  # browsers known again per account
    sessions_max: int = 32  # sessions of one account at once; the one unused longest ends
    failures_max: int = 10_000  # rows of the failure table, so that guessing names fills no disk
    owed_max: int = 10_000  # facts kept while the desk does not answer; beyond it denials are not kept
    tokens_max: int = 1_000  # tokens ever kept; the ones that ran out first are forgotten first
    code_steps_around: int = 1  # half minutes by which a phone's clock may differ
    code_wait_max_s: int = 300  # after wrong codes: 300 tries a day at most, of a million
    recovery_codes: int = 10
    offer_s: int = 600  # to scan the code and type the first six digits
    halfway_s: int = 180  # between password and code
    halfway_tries: int = 5
    hash_memory_kib: int = 65_536
    hash_passes: int = 3
    hash_lanes: int = 4
