"""What the tests of ports share."""

import pytest

from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from tests.ports.people import CHEAP


@pytest.fixture
def vault(tmp_path):
    made = AccountVault(tmp_path / "vault.sqlite", CHEAP)
    yield made
    made.shut()
