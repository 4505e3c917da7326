"""What any vault must do with a second factor: a phone that shows codes, and recovery codes, each counted once."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from ironkeep.model.errors import Refused, Unavailable
from ironkeep.ports.vault import Opened
from tests.ports.people import CHEAP, GOOD, NOW_US, S, enrolled, halfway, phone, shown


def test_with_a_second_factor_a_password_alone_opens_nothing(vault):
    enrolled(vault)
    secret, recovery = phone(vault)
    later = NOW_US + 60 * S
    ticket = halfway(vault, later)
    assert vault.session(ticket, later) is None
    opened, used = vault.second(ticket, shown(secret, later), "", later)
    assert (opened.session.account, opened.session.second, used.how, used.left) == ("kim", True, "phone", 10)
    assert vault.session(opened.token, later).second
    assert len(set(recovery)) == 10
    with pytest.raises(Refused, match="too long or too many"):
        vault.second(ticket, shown(secret, later + 60 * S), "", later + 60 * S)


def test_a_code_counts_once_however_many_are_sent_at_once(vault):
    enrolled(vault)
    secret, _ = phone(vault)
    later = NOW_US + 60 * S
    code = shown(secret, later)
    tickets = []
    for _ in range(4):
        rows = vault._rows("SELECT digest, account, until_us FROM halfway")
        tickets.append(halfway(vault, later))
        for row in rows:  # as if log-ins did not replace each other
            vault._rows("INSERT OR IGNORE INTO halfway VALUES (?, ?, ?, 0)", *row)
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda t: finished(vault, t, code, later), tickets))
    assert said.count(True) == 1
    with pytest.raises(Refused, match="wrong, was used"):
        vault.second(halfway(vault, later + 30 * S), code, "", later + 30 * S)


def finished(vault, ticket, code, now_us):
    try:
        vault.second(ticket, code, "", now_us)
    except (Refused, Unavailable):
        return False
    return True


def test_an_older_code_does_not_count_after_a_newer_one_and_the_window_is_one_step(vault):
    enrolled(vault)
    secret, _ = phone(vault)
    later = NOW_US + 300 * S
    assert finished(vault, halfway(vault, later), shown(secret, later + 30 * S), later)
    for ahead in (-60, -30, 0, 30, 60):
        assert not finished(vault, halfway(vault, later), shown(secret, later + ahead * S), later)


def test_a_recovery_code_opens_one_log_in_and_is_kept_as_a_digest_alone(vault, tmp_path):
    enrolled(vault)
    _, recovery = phone(vault)
    later = NOW_US + 60 * S
    _, used = vault.second(halfway(vault, later), recovery[0].lower().replace("-", " "), "", later)
    assert (used.how, used.left) == ("recovery code", 9)
    assert not finished(vault, halfway(vault, later), recovery[0], later)
    data = (tmp_path / "vault.sqlite").read_bytes()
    assert not any(code.replace("-", "").encode() in data or code.encode() in data for code in recovery)


def test_wrong_codes_are_slowed_and_a_ticket_takes_five(vault):
    enrolled(vault)
    secret, _ = phone(vault)
    now_us = NOW_US + 60 * S
    ticket = halfway(vault, now_us)
    for _ in range(CHEAP.tries_free):
        with pytest.raises(Refused, match="wrong, was used"):
            vault.second(ticket, "000000", "", now_us)
    with pytest.raises(Refused, match="too long or too many"):
        vault.second(ticket, shown(secret, now_us), "", now_us)
    with pytest.raises(Unavailable, match="next one counts in"):
        vault.second(halfway(vault, now_us), shown(secret, now_us), "", now_us)
    patient = now_us + CHEAP.code_wait_max_s * S
    assert finished(vault, halfway(vault, patient), shown(secret, patient), patient)


def test_an_offer_counts_for_nothing_before_its_first_code_and_ends(vault):
    enrolled(vault)
    secret = base64.b32decode(vault.offer_factor("kim", NOW_US))
    assert vault.factor("kim") is None
    assert isinstance(vault.open("kim", GOOD, "", NOW_US), Opened)
    late = NOW_US + CHEAP.offer_s * S
    with pytest.raises(Refused, match="offered too long ago"):
        vault.take_factor("kim", shown(secret, late), "", late)
    with pytest.raises(Refused, match="wrong"):
        vault.take_factor("kim", "000000", "", NOW_US)


def test_a_new_factor_ends_other_sessions_and_takes_the_place_of_the_old(vault):
    enrolled(vault)
    mine, other = vault.open("kim", GOOD, "", NOW_US).token, vault.open("kim", GOOD, "", NOW_US).token
    secret = base64.b32decode(vault.offer_factor("kim", NOW_US))
    old = vault.take_factor("kim", shown(secret, NOW_US), mine, NOW_US)
    assert vault.session(mine, NOW_US).second
    assert vault.session(other, NOW_US) is None
    later = NOW_US + 600 * S
    fresh, _ = phone(vault, now_us=later)
    at = later + 60 * S
    assert not finished(vault, halfway(vault, at), shown(secret, at), at)
    assert not finished(vault, halfway(vault, at), old[0], at)
    assert finished(vault, halfway(vault, at), shown(fresh, at), at)


def test_a_reset_on_the_machine_takes_the_factor_away_and_so_does_closing(vault):
    enrolled(vault)
    phone(vault)
    link = vault.reset("kim", "machine:root", NOW_US)
    vault.enrol(link, "kim", "another good phrase", NOW_US)
    assert isinstance(vault.open("kim", "another good phrase", "", NOW_US), Opened)
    phone(vault, now_us=NOW_US + 60 * S)
    vault.close_account("kim", NOW_US)
    assert vault.factor("kim") is None
