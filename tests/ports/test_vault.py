"""What any vault must do, shown on the accounts vault: one-time links, argon2id, no lock-out of the right person."""

import hashlib
import sqlite3
import stat

import pytest
from argon2 import PasswordHasher

from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.model.access import NO_CONTRACT, Contract
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.ports.vault import Opened, Token
from tests.ports.people import CHEAP, GOOD, NOW_US, S, enrolled, phone, shown


def test_the_file_belongs_to_its_owner_alone(tmp_path):
    path = tmp_path / "vault.sqlite"
    path.touch(mode=0o644)
    AccountVault(path, CHEAP).shut()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_default_cost_is_that_of_rfc_9106_and_no_password_lies_in_the_file(tmp_path):
    path = tmp_path / "vault.sqlite"
    vault = AccountVault(path)
    token = vault.invite("operator", NOW_US)
    vault.enrol(token, "kim", GOOD, NOW_US)
    opened = vault.open("kim", GOOD, "", NOW_US)
    data = path.read_bytes()
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in data
    for secret in (GOOD, token, opened.token, opened.browser):
        assert secret.encode() not in data
    vault.shut()


def test_an_invitation_makes_one_account_once(vault):
    token = vault.invite("operator", NOW_US)
    assert vault.invited(token, NOW_US).role == "operator"
    vault.enrol(token, "Kim", GOOD, NOW_US)
    assert [(a.name, a.role) for a in vault.accounts()] == [("kim", "operator")]
    with pytest.raises(Refused, match="used or has run out"):
        vault.enrol(token, "lee", GOOD, NOW_US)


def test_an_invitation_runs_out_and_a_newer_one_ends_the_older(vault):
    old = vault.invite("operator", NOW_US)
    new = vault.invite("operator", NOW_US)
    assert vault.invited(old, NOW_US) is None
    assert vault.invited(new, NOW_US + CHEAP.invitation_s * S) is None


def test_a_refused_enrolment_leaves_the_invitation_unspent(vault):
    enrolled(vault)
    token = vault.invite("viewer", NOW_US)
    with pytest.raises(Conflict):
        vault.enrol(token, "kim", GOOD, NOW_US)
    assert vault.invited(token, NOW_US).role == "viewer"


@pytest.mark.parametrize(
    ("name", "password", "where"),
    [("k", GOOD, "name"), ("../kim", GOOD, "name"), ("kim", "short", "password"), ("kim", "kim" * 9, "password")],
)
def test_a_bad_name_or_password_is_refused_by_name(vault, name, password, where):
    with pytest.raises(Refused) as told:
        vault.enrol(vault.invite("operator", NOW_US), name, password, NOW_US)
    assert told.value.where == where


def test_an_unknown_role_is_refused(vault):
    with pytest.raises(Refused, match="no role"):
        vault.invite("root", NOW_US)


def test_a_session_lives_until_it_is_closed_or_runs_out(vault):
    enrolled(vault)
    opened = vault.open("KIM", GOOD, "", NOW_US)
    assert vault.session(opened.token, NOW_US) == opened.session
    assert vault.session(opened.token, opened.session.expires_us) is None
    assert vault.close(opened.token) == opened.session
    assert vault.session(opened.token, NOW_US) is None
    assert vault.session("", NOW_US) is None


def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(vault):
    enrolled(vault)
    said = set()
    for name, password in (("kim", "not the password"), ("lee", GOOD)):
        with pytest.raises(Refused) as told:
            vault.open(name, password, "", NOW_US)
        said.add(str(told.value))
    assert len(said) == 1


def guess(vault, times, at_us=NOW_US):
    for _ in range(times):
        with pytest.raises((Refused, Unavailable)):
            vault.open("kim", "a wrong password", "", at_us)


def test_guessing_is_slowed(vault):
    enrolled(vault)
    guess(vault, CHEAP.tries_free)
    with pytest.raises(Unavailable, match="next one counts in"):
        vault.open("kim", GOOD, "", NOW_US)


def test_the_right_person_is_never_locked_out(vault):
    enrolled(vault)
    known = vault.open("kim", GOOD, "", NOW_US).browser
    guess(vault, 200)
    assert vault.open("kim", GOOD, known, NOW_US).session.account == "kim"
    assert vault.open("kim", GOOD, "", NOW_US + CHEAP.wait_max_s * S).session.account == "kim"


def test_the_mark_of_one_persons_browser_does_not_serve_another(vault):
    enrolled(vault)
    enrolled(vault, "lee", "viewer")
    lees = vault.open("lee", GOOD, "", NOW_US).browser
    guess(vault, CHEAP.tries_free)
    with pytest.raises(Unavailable):
        vault.open("kim", GOOD, lees, NOW_US)


def test_a_browser_is_known_while_the_account_that_was_in_by_it_lets_its_person_in(vault):
    a_vendor(vault)
    mark = vault.open("vera", GOOD, "", NOW_US).browser
    assert vault.known_browser(mark, END_US - 1)
    assert not vault.known_browser(mark, END_US)
    assert not vault.known_browser("", NOW_US)
    assert not vault.known_browser("made up", NOW_US)


def test_a_clock_that_went_back_does_not_lengthen_a_wait(vault):
    enrolled(vault)
    guess(vault, CHEAP.tries_free + 3)
    with pytest.raises(Unavailable) as told:
        vault.open("kim", GOOD, "", NOW_US - 86_400 * S)
    seconds = int(str(told.value).split("counts in ")[1].split(" s")[0])
    assert seconds <= CHEAP.wait_max_s


def test_accounts_outlive_a_restart_and_sessions_too(tmp_path):
    path = tmp_path / "vault.sqlite"
    first = AccountVault(path, CHEAP)
    enrolled(first)
    token = first.open("kim", GOOD, "", NOW_US).token
    first.shut()
    second = AccountVault(path, CHEAP)
    assert second.session(token, NOW_US) is not None
    second.shut()


# ---------------------------------------------------------------------------------------------------------- sessions


def test_a_session_ends_when_nobody_uses_it_and_lives_while_somebody_does(vault):
    enrolled(vault)
    opened = vault.open("kim", GOOD, "", NOW_US)
    now_us = NOW_US
    for _ in range(20):
        now_us += (CHEAP.idle_s - 1) * S
        assert vault.session(opened.token, now_us) is not None
    assert vault.session(opened.token, now_us + (CHEAP.idle_s + 1) * S) is None
    assert vault.session(opened.token, NOW_US + CHEAP.session_s * S) is None


def test_sessions_that_ran_out_are_named_once_and_the_others_stay(vault):
    enrolled(vault)
    vault.open("kim", GOOD, "", NOW_US)
    late_us = NOW_US + (CHEAP.idle_s + 1) * S
    stays = vault.open("kim", GOOD, "", late_us)
    assert vault.run_out(late_us) == ("kim",)
    assert vault.run_out(late_us) == ()
    assert vault.session(stays.token, late_us) is not None


def test_a_session_ends_after_a_shift_however_much_it_is_used(vault):
    enrolled(vault)
    opened = vault.open("kim", GOOD, "", NOW_US)
    for minute in range(CHEAP.session_s // 60):
        assert vault.session(opened.token, NOW_US + minute * 60 * S) is not None
    assert vault.session(opened.token, NOW_US + CHEAP.session_s * S) is None


def test_only_so_many_sessions_of_one_account_live_at_once(vault):
    enrolled(vault)
    first = vault.open("kim", GOOD, "", NOW_US)
    for i in range(CHEAP.sessions_max):
        vault.open("kim", GOOD, first.browser, NOW_US + (i + 1) * S)
    assert vault.session(first.token, NOW_US + 40 * S) is None
    assert vault.accounts()[0].sessions == CHEAP.sessions_max
    idle_us = NOW_US + (CHEAP.sessions_max + CHEAP.idle_s) * S
    assert [vault.accounts(at_us)[0].sessions for at_us in (idle_us - S, idle_us)] == [1, 0]


def test_two_browsers_within_minutes_are_seen_and_one_browser_or_hours_apart_are_not(vault):
    enrolled(vault)
    first = vault.open("kim", GOOD, "", NOW_US, "10.0.0.1")
    assert vault.open("kim", GOOD, first.browser, NOW_US + S, "10.0.0.1").shared is None
    other = vault.open("kim", GOOD, "", NOW_US + 2 * S, "10.0.0.2")
    assert other.shared is not None
    assert (other.shared.browsers, other.shared.origins) == (2, ("10.0.0.1", "10.0.0.2"))
    assert vault.open("kim", GOOD, "", NOW_US + 3600 * S, "10.0.0.3").shared is None


# ----------------------------------------------------------------------------------------- roles, closing, recovery


def test_a_reset_voids_the_password_and_its_link_gives_the_same_account_a_new_one(vault):
    enrolled(vault, role="admin")
    opened = vault.open("kim", GOOD, "", NOW_US)
    link = vault.reset("kim", "machine:root", NOW_US)
    assert vault.session(opened.token, NOW_US) is None
    with pytest.raises(Refused, match="wrong"):
        vault.open("kim", GOOD, opened.browser, NOW_US)
    with pytest.raises(Refused, match="another account"):
        vault.enrol(link, "lee", "another good password", NOW_US)
    assert vault.enrol(link, "kim", "another good password", NOW_US).role == "admin"
    assert vault.open("kim", "another good password", opened.browser, NOW_US).session.account == "kim"
    assert [(owed.kind, owed.fields) for owed in vault.owed()] == [
        ("AccountReset", {"account": "kim", "by": "machine:root"})
    ]


def test_a_closed_account_cannot_enter_and_its_name_is_never_given_again(vault):
    enrolled(vault)
    opened = vault.open("kim", GOOD, "", NOW_US)
    vault.close_account("kim", NOW_US)
    assert vault.session(opened.token, NOW_US) is None
    with pytest.raises(Refused):
        vault.open("kim", GOOD, opened.browser, NOW_US)
    with pytest.raises(Conflict):
        enrolled(vault)
    with pytest.raises(Refused, match="no open account"):
        vault.reset("kim", "machine:root", NOW_US)


def test_links_of_several_colleagues_live_side_by_side_up_to_a_number(vault):
    links = [vault.invite("viewer", NOW_US, f"person:{i}") for i in range(CHEAP.invitations_max)]
    assert all(vault.invited(link, NOW_US) for link in links)
    with pytest.raises(Refused, match="unused"):
        vault.invite("viewer", NOW_US, "person:kim")


# ------------------------------------------------------------------------------------------------------------ tokens


def a_token(vault, days=1):
    if not vault.accounts():
        enrolled(vault)
    prefix, text = vault.draw_token()
    vault.keep_token(Token(prefix, "historian", "kim", ("see site",), NOW_US, NOW_US + days * 86_400 * S), text)
    return prefix, text


def test_a_token_stands_for_its_program_until_it_runs_out_or_is_revoked(vault):
    prefix, text = a_token(vault)
    found = vault.bearer(text, NOW_US)
    assert (found.actor, found.acts) == ("service:historian", ("see site",))
    assert vault.bearer(text, NOW_US + 86_400 * S) is None
    vault.revoke_token(prefix, NOW_US)
    assert vault.bearer(text, NOW_US) is None


def test_of_a_token_only_the_digest_and_the_day_of_last_use_are_kept(vault, tmp_path):
    _, text = a_token(vault)
    vault.bearer(text, NOW_US)
    assert text.split("_", 2)[2].encode() not in (tmp_path / "vault.sqlite").read_bytes()
    assert vault.tokens()[0].used_us % (86_400 * S) == 0
    assert 0 <= NOW_US - vault.tokens()[0].used_us < 86_400 * S


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "x", lambda t: "ik_" + t, lambda t: "", str.upper])
def test_a_token_that_differs_anywhere_stands_for_nobody(vault, change):
    _, text = a_token(vault)
    assert vault.bearer(change(text), NOW_US) is None


def test_a_token_for_which_nobody_answers_any_more_stands_for_nobody(vault):
    _, text = a_token(vault)
    vault.close_account("kim", NOW_US)
    assert vault.bearer(text, NOW_US) is None


# --------------------------------------------------------------------------------------------------------- contracts

END_US = NOW_US + 900 * S
AFTER = "the contract of vera ended after 2026-11-18"


def a_vendor(vault, end_us=END_US):
    return vault.enrol(vault.invite("vendor", NOW_US, "person:ann", Contract("ACME", end_us)), "vera", GOOD, NOW_US)


def test_a_vendors_account_ends_by_itself_with_its_sessions_and_its_programs_also_in_a_vault_opened_later(tmp_path):
    path = tmp_path / "vault.sqlite"
    vault = AccountVault(path, CHEAP)
    assert (a_vendor(vault).employer, a_vendor_of(vault).until_us) == ("ACME", END_US)
    opened = vault.open("vera", GOOD, "", NOW_US)
    assert opened.session.expires_us == END_US, "no session is promised beyond the contract"
    prefix, text = vault.draw_token()
    vault.keep_token(Token(prefix, "historian", "vera", ("see site",), NOW_US, NOW_US + 86_400 * S), text)
    assert vault.session(opened.token, END_US - 1)
    assert vault.bearer(text, END_US - 1)
    vault.shut()
    later = AccountVault(path, CHEAP)
    assert later.session(opened.token, END_US) is None
    assert later.bearer(text, END_US) is None
    with pytest.raises(Refused, match=AFTER):
        later.open("vera", GOOD, opened.browser, END_US)
    later.shut()


def a_vendor_of(vault):
    return next(account for account in vault.accounts() if account.name == "vera")


def test_that_a_contract_has_ended_is_told_to_whoever_knows_the_password_and_to_nobody_else(vault):
    a_vendor(vault)
    enrolled(vault)
    said = set()
    for name, at_us in (("vera", NOW_US), ("vera", END_US), ("kim", END_US), ("nobody", END_US)):
        with pytest.raises(Refused) as told:
            vault.open(name, "a wrong password", "", at_us)
        said.add(str(told.value))
    assert len(said) == 1
    with pytest.raises(Refused, match=AFTER):
        vault.open("vera", GOOD, "", END_US)


def test_a_contract_that_ends_between_password_and_code_lets_nobody_in(vault):
    a_vendor(vault)
    secret, _ = phone(vault, "vera", END_US - 30 * S)
    halfway = vault.open("vera", GOOD, "", END_US - 1)
    with pytest.raises(Refused, match=AFTER):
        vault.second(halfway.ticket, shown(secret, END_US), "", END_US)


def test_a_prolonged_contract_lets_in_again_and_is_never_shortened(vault):
    a_vendor(vault)
    enrolled(vault)
    for until_us in (END_US + 7 * S, END_US + 5 * S, NOW_US):
        vault.prolong("vera", until_us)
    vault.prolong("kim", END_US)
    assert [(a.name, a.until_us) for a in vault.accounts()] == [("kim", 0), ("vera", END_US + 7 * S)]
    assert vault.open("vera", GOOD, "", END_US).session.role == "vendor"
    with pytest.raises(Refused, match="ended"):
        vault.open("vera", GOOD, "", END_US + 7 * S)


def test_a_vendors_link_ends_with_the_contract_and_only_a_vendor_has_one(vault):
    token = vault.invite("vendor", NOW_US, "person:ann", Contract("ACME", NOW_US + S))
    assert vault.invited(token, NOW_US).employer == "ACME"
    assert vault.invited(token, NOW_US + S) is None
    wrong = (("vendor", NO_CONTRACT), ("viewer", Contract("ACME", END_US)), ("vendor", Contract("ACME", NOW_US)))
    for role, contract in wrong:
        with pytest.raises(Refused, match="nobody else, has an employer"):
            vault.invite(role, NOW_US, "person:ann", contract)


# -------------------------------------------------------------------------------------------------------- the record


def test_what_is_owed_outlives_a_restart_in_its_order_and_denials_never_fill_the_file(tmp_path):
    path, small = tmp_path / "vault.sqlite", Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1, owed_max=3)
    first = AccountVault(path, small)
    for i in range(10):
        first.owe("SessionDenied", "", {"account": "", "origin": "", "why": str(i)})
    first.owe("AccountClosed", "kim", {"account": "kim", "by": "machine:root"})
    first.shut()
    second = AccountVault(path, small)
    assert [owed.kind for owed in second.owed()] == ["SessionDenied"] * 3 + ["AccountClosed"]
    second.paid(second.owed()[0])
    assert len(second.owed()) == 3
    second.shut()


# --------------------------------------------------------------------------------------- a file of an earlier version

OLD_SQL = """
CREATE TABLE IF NOT EXISTS account (
  name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, hash TEXT NOT NULL, created_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS invitation (
  digest BLOB PRIMARY KEY, role TEXT NOT NULL, expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS session (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL, opened_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS browser (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE, seen_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS failure (
  who TEXT PRIMARY KEY, count INTEGER NOT NULL, last_us INTEGER NOT NULL
) STRICT;
"""
"""The tables of version 0.1.0, as its code made them."""


def old_vault(path):
    """A vault as version 0.1.0 left it: two people, a session, a browser, a failure, an unused link."""
    digest = lambda text: hashlib.sha256(text.encode()).digest()  # noqa: E731
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(OLD_SQL)
    db.execute("INSERT INTO account VALUES ('kim', 'operator', ?, 1000)", (hashed,))
    db.execute("INSERT INTO account VALUES ('lee', 'operator', ?, 2000)", (hashed,))
    db.execute("INSERT INTO session VALUES (?, 'lee', 'mark', 1, ?)", (digest("cookie"), NOW_US + 1))
    db.execute("INSERT INTO browser VALUES (?, 'kim', 1)", (digest("browser"),))
    db.execute("INSERT INTO failure VALUES ('name:kim', 7, ?)", (NOW_US,))
    db.execute("INSERT INTO invitation VALUES (?, 'viewer', ?)", (digest("link"), NOW_US + 1))
    db.close()


def test_a_vault_of_the_first_version_is_taken_over_without_loss(tmp_path):
    path = tmp_path / "vault.sqlite"
    old_vault(path)
    for _ in range(2):  # the second opening finds it upgraded
        vault = AccountVault(path, CHEAP)
        assert [(a.name, a.role) for a in vault.accounts()] == [("kim", "admin"), ("lee", "operator")]
        assert vault.session("cookie", NOW_US).account == "lee"
        assert vault.invited("link", NOW_US).role == "viewer"
        assert vault.open("kim", GOOD, "browser", NOW_US).browser == "browser", "the browser is known again"
        with pytest.raises(Unavailable):
            vault.open("kim", GOOD, "", NOW_US)
        assert [(owed.kind, owed.fields["account"], owed.fields["role"]) for owed in vault.owed()] == [
            ("RoleChanged", "kim", "admin")
        ]
        vault.shut()


def test_an_unused_first_link_of_the_first_version_makes_the_admin(tmp_path):
    path = tmp_path / "vault.sqlite"
    old_vault(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("DELETE FROM account; UPDATE invitation SET role = 'operator'")
    db.close()
    vault = AccountVault(path, CHEAP)
    assert vault.invited("link", NOW_US).role == "admin"
    vault.shut()


def test_a_vault_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "vault.sqlite"
    AccountVault(path, CHEAP).shut()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(Refused, match="version 99"):
        AccountVault(path, CHEAP)
    assert path.read_bytes() == before


# --------------------------------------------------------------------------------------------------- one's own account


def test_a_new_password_needs_the_present_one_and_ends_the_other_sessions(vault):
    enrolled(vault)
    mine, other = vault.open("kim", GOOD, "", NOW_US).token, vault.open("kim", GOOD, "", NOW_US).token
    with pytest.raises(Refused, match="not your present"):
        vault.change_password("kim", "a wrong one", "another good phrase", mine, NOW_US)
    for fresh in ("short", "kim likes kites a lot", "password1234", GOOD):
        with pytest.raises(Refused):
            vault.change_password("kim", GOOD, fresh, mine, NOW_US)
    assert vault.change_password("kim", GOOD, "another good phrase", mine, NOW_US) == 1
    assert vault.session(mine, NOW_US) is not None
    assert vault.session(other, NOW_US) is None
    with pytest.raises(Refused):
        vault.open("kim", GOOD, "", NOW_US)
    assert isinstance(vault.open("kim", "another good phrase", "", NOW_US), Opened)


def test_guessing_the_present_password_is_slowed(vault):
    enrolled(vault)
    for _ in range(CHEAP.tries_free):
        with pytest.raises(Refused):
            vault.require_password("kim", "a wrong one", NOW_US)
    with pytest.raises(Unavailable):
        vault.require_password("kim", GOOD, NOW_US)


def test_a_person_sees_own_sessions_and_ends_one_of_them_and_nobody_elses(vault):
    enrolled(vault)
    enrolled(vault, "lee", "viewer")
    mine = vault.open("kim", GOOD, "", NOW_US, "10.0.0.1").token
    other = vault.open("kim", GOOD, "", NOW_US + S, "10.0.0.2").token
    lees = vault.open("lee", GOOD, "", NOW_US, "10.0.0.3").token
    seats = vault.seats("kim", mine, NOW_US + S)
    assert [(seat.origin, seat.own) for seat in seats] == [("10.0.0.2", False), ("10.0.0.1", True)]
    theirs = vault.seats("lee", "", NOW_US)[0].mark
    assert not vault.end_seat("kim", theirs)
    assert vault.session(lees, NOW_US) is not None
    assert vault.end_seat("kim", seats[0].mark)
    assert not vault.end_seat("kim", seats[0].mark)
    assert vault.session(other, NOW_US + S) is None
    assert vault.session(mine, NOW_US + S) is not None
