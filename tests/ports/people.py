"""A cheap vault's people: enrolled, with a phone, half-way in."""

import base64

from ironkeep.adapters.vaults.accounts.codes import code_of
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.ports.vault import Halfway

NOW_US = 1_795_000_000_000_000
S = 1_000_000
GOOD = "four plain words here"
CHEAP = Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1)


def enrolled(vault, name="kim", role="operator"):
    return vault.enrol(vault.invite(role, NOW_US), name, GOOD, NOW_US)


def phone(vault, name="kim", now_us=NOW_US):
    """Enrol a phone; its secret and the recovery codes. The step of `now_us` is used by it."""
    secret = base64.b32decode(vault.offer_factor(name, now_us))
    return secret, vault.take_factor(name, shown(secret, now_us), "", now_us)


def shown(secret, now_us):
    return code_of(secret, now_us // (30 * S))


def halfway(vault, now_us):
    found = vault.open("kim", GOOD, "", now_us)
    assert isinstance(found, Halfway)
    return found.ticket
