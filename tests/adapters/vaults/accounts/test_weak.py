"""Passwords that others try first are refused without asking anybody; words that do not belong together are not."""

import pytest

from ironkeep.adapters.vaults.accounts.weak import is_weak


@pytest.mark.parametrize(
    "password",
    [
        *("password1234", "P@ssw0rd2026!", "qwertyuiop12", "abcdefghijklm", "aaaaaaaaaaaa", "Summer2026!!"),
        *("passwordpassword", "adminadmin123", "123456789012", "monkeydragon1", "IronKeep-2026", "letmein letmein"),
        *("1q2w3e4r5t6y"[:3] * 4, "asdfghjkl12345", "Welcome-Admin-1", "zyxwvutsrqponm"),
    ],
)
def test_what_is_tried_early_is_weak(password):
    assert is_weak(password)


@pytest.mark.parametrize(
    "password",
    [
        "four plain words here",
        "another good password",
        "correct horse battery staple",
        "Xk7!pQ9zLm2v",
        "zitrone hut blau",
    ],
)
def test_words_that_do_not_belong_together_are_not(password):
    assert not is_weak(password)


def test_the_persons_own_name_counts_for_nothing():
    assert is_weak("kimberly-kimberly", "kimberly")
