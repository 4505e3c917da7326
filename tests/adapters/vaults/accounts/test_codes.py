"""One-time codes are those of RFC 6238, and nothing that only looks like one counts."""

import base64

import pytest

from ironkeep.adapters.vaults.accounts.codes import code_of, draw_recovery, draw_secret, plain, spelled, step_shown

SECRET = b"12345678901234567890"
S = 1_000_000


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(at_s, code):
    assert code_of(SECRET, at_s // 30) == code[-6:]
    assert step_shown(SECRET, code[-6:], at_s * S, 1) == at_s // 30


def test_a_code_of_one_step_before_or_after_counts_and_of_two_does_not():
    for steps, counts in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        found = step_shown(SECRET, code_of(SECRET, 1000 + steps), 1000 * 30 * S, 1)
        assert (found == 1000 + steps) is counts


@pytest.mark.parametrize("code", ["", "12345", "1234567", "٩٤٢٨٧٠٨٢", "abcdef", "9428708 2", "\x00" * 6])
def test_what_is_no_code_is_of_no_step(code):
    assert step_shown(SECRET, code, 59 * S, 1) is None


def test_a_code_is_read_as_people_write_it():
    assert plain(" 287 082 ") == "287082"
    assert plain("abcd-efgh") == "ABCDEFGH"
    assert plain("２８７") == ""


def test_secrets_and_recovery_codes_are_long_and_never_the_same():
    assert len(base64.b32decode(spelled(draw_secret()))) == 20
    drawn = {draw_recovery() for _ in range(100)}
    assert len(drawn) == 100
    assert all(len(plain(each)) == 16 for each in drawn)
