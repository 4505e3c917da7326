"""A name that nobody has costs as much as a wrong password: the hash that stands for nobody is checked in earnest."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from ironkeep.adapters.vaults.accounts.secret import nobodys


@pytest.mark.parametrize("hasher", [PasswordHasher(2, 1024, 1), PasswordHasher(1, 512, 2, hash_len=24, salt_len=12)])
def test_the_hash_that_is_nobodys_costs_as_much_as_any_and_no_password_has_it(hasher: PasswordHasher) -> None:
    hashed, another = nobodys(hasher), hasher.hash("four plain words here")
    assert extract_parameters(hashed) == extract_parameters(another)
    assert len(hashed) == len(another)
    assert hashed != nobodys(hasher)
    with pytest.raises(VerifyMismatchError):  # worked out and compared: a hash that is not understood says otherwise
        hasher.verify(hashed, "four plain words here")
