"""What any vault must do, shown on the accounts vault: one-time links, argon2id, no lock-out of the right person."""

import stat

import pytest

from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.model.errors import Conflict, Refused, Unavailable

NOW_US = 1_795_000_000_000_000
S = 1_000_000
GOOD = "four plain words here"
CHEAP = Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1)


@pytest.fixture
def vault(tmp_path):
    made = AccountVault(tmp_path / "vault.sqlite", CHEAP)
    yield made
    made.shut()


def enrolled(vault, name="kim", role="operator"):
    return vault.enrol(vault.invite(role, NOW_US), name, GOOD, NOW_US)


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
