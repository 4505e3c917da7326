"""The table of who may do what, and how long what needs two people may wait."""

import msgspec

from ironkeep.model.access import Role, Table


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the room decides by. Without a table it refuses everything."""

    table: Table = Table()  # who may do what
    second_factor: tuple[Role, ...] = ()  # roles that get nowhere on the console without one
    confirm_within_s: int = 900  # how long a request waits for its second person
    waiting_max: int = 100  # requests that wait at once; beyond it the asker is told to have some settled first
    token_days_max: int = 365  # how long a token may live
    contract_days_max: int = 366  # how far ahead the end of a vendor's contract may lie; then somebody looks again
