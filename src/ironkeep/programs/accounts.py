"""People and programs from the machine's own command line: the vault is changed, and the record is owed the fact.

Whoever owns the data folder could change the vault by other means; here it is done in one step with its fact, under the
name of the machine's user. Where no engine runs, the fact waits in the vault and the next start hands it over.
"""

import asyncio
import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.vaults.accounts.adapter import NAME, AccountVault
from ironkeep.decisions import access
from ironkeep.decisions.access.admit import VENDOR_STAYS
from ironkeep.faces.cli.wiring import Changed
from ironkeep.faces.console.record import pay
from ironkeep.model.access import NO_CONTRACT, Contract, Role
from ironkeep.model.errors import Refused
from ironkeep.model.time import SECOND_US
from ironkeep.packs.access.read import shipped
from ironkeep.ports.vault import Account, Token
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.tls.listening import HOST, address_of

DAY_US = 86_400 * SECOND_US
TOKEN_DAYS_MAX = 365


@contextmanager
def office(folder: DataFolder) -> Iterator["Office"]:
    """The office of a data folder, released at the end. Raises Refused where no site was run, Unavailable."""
    vault = AccountVault(folder.require().vault)
    try:
        yield Office(vault, DeskClient(folder.desk), f"{Role.MACHINE}:{getpass.getuser()}", address_of(folder))
    finally:
        vault.shut()


class Office:
    """Changes to people and programs, each with its fact."""

    def __init__(self, vault: AccountVault, desk: DeskClient, by: str, address: str) -> None:
        self._vault, self._desk, self._by, self._address = vault, desk, by, address

    def accounts(self, now_us: int = 0) -> tuple[Account, ...]:
        """Every account, oldest first, with the sessions that are open then."""
        return self._vault.accounts(now_us)

    def tokens(self) -> tuple[Token, ...]:
        """Every token, newest first."""
        return self._vault.tokens()

    def invite(self, role: str, port: int | None, contract: Contract = NO_CONTRACT) -> Changed:
        """A one-time link for a new account. Raises Refused."""
        _require_near(contract.until_us)
        token = self._vault.invite(role, clock.now().at_us, self._by, contract)
        told = {"role": role, "by": self._by, "employer": contract.employer, "until_us": contract.until_us}
        self._vault.owe("AccountInvited", "", told)
        return self._changed(self._link(token, port))

    def prolong(self, name: str, until_us: int) -> Changed:
        """A later end of a vendor's contract. Raises Refused."""
        found = self._open(name)
        if not found.until_us:
            raise Refused(f"{name} has no contract that ends", where="NAME", remedy="see `ironkeep account list`")
        if until_us <= max(found.until_us, clock.now().at_us):
            raise Refused("that is not later", where="--last-day", remedy="close the account to end it now")
        _require_near(until_us)
        self._vault.prolong(name, until_us)
        self._vault.owe("ContractProlonged", name, {"account": name, "until_us": until_us, "by": self._by})
        return self._changed()

    def reset(self, name: str, port: int | None) -> Changed:
        """A one-time link for a new password; the old one is void. Raises Refused."""
        return self._changed(self._link(self._vault.reset(name, self._by, clock.now().at_us), port))

    def role(self, name: str, role: str) -> Changed:
        """Another role. Raises Refused."""
        if Role.VENDOR in (self._open(name).role, role):
            raise Refused(VENDOR_STAYS, where="ROLE", remedy="close the account and invite the person anew")
        if role != Role.ADMIN:
            self._require_not_last_admin(name)
        self._vault.change_role(name, role)
        self._vault.owe("RoleChanged", name, {"account": name, "role": role, "by": self._by})
        return self._changed()

    def close(self, name: str) -> Changed:
        """Close an account. Raises Refused."""
        self._open(name)
        self._require_not_last_admin(name)
        self._vault.close_account(name, clock.now().at_us)
        self._vault.owe("AccountClosed", name, {"account": name, "by": self._by})
        return self._changed()

    def create_token(self, service: str, owner: str, scopes: Sequence[str], days: int) -> Changed:
        """A token, shown once. Raises Refused."""
        known = shipped().scopes()
        unknown = [scope for scope in scopes if scope not in known]
        if unknown or not scopes:
            raise Refused(f"no scope {', '.join(unknown) or 'given'}", where="--scope", remedy=f"of {', '.join(known)}")
        if not NAME.fullmatch(service) or any(account.name == service for account in self.accounts()):
            raise Refused(f"{service!r} will not do as the name of a program", where="SERVICE", remedy="name another")
        if not 1 <= days <= TOKEN_DAYS_MAX:
            raise Refused(f"a token lives 1 to {TOKEN_DAYS_MAX} days", where="--days")
        now_us = clock.now().at_us
        if self._open(owner).ended(now_us):
            raise Refused(f"the contract of {owner} has ended", where="--owner", remedy="prolong it first")
        prefix, text = self._vault.draw_token()
        made = Token(prefix, service, owner, tuple(s for s in known if s in scopes), now_us, now_us + days * DAY_US)
        self._vault.keep_token(made, text)
        told = {"service": service, "token": prefix, "owner": owner, "scopes": list(made.scopes), "by": self._by}
        self._vault.owe("TokenCreated", service, told | {"until_us": made.expires_us})
        return self._changed(text)

    def revoke_token(self, prefix: str) -> Changed:
        """Let a token count for nothing. Raises Refused where there is none in force."""
        found = next((t for t in self.tokens() if t.prefix == prefix and not t.revoked_us), None)
        if found is None:
            raise Refused(f"no token {prefix!r} is in force", where="TOKEN", remedy="see `ironkeep token list`")
        self._vault.revoke_token(prefix, clock.now().at_us)
        self._vault.owe("TokenRevoked", found.service, {"service": found.service, "token": prefix, "by": self._by})
        return self._changed()

    def _changed(self, once: str = "") -> Changed:
        return Changed(once, asyncio.run(pay(self._vault, self._desk.ask)))

    def _open(self, name: str) -> Account:
        found = next((account for account in self.accounts() if account.name == name and not account.closed_us), None)
        if found is None:
            raise Refused(f"no open account {name!r}", where="NAME", remedy="see `ironkeep account list`")
        return found

    def _require_not_last_admin(self, name: str) -> None:
        admins = [a.name for a in self.accounts() if a.role == Role.ADMIN and not a.closed_us]
        if admins == [name]:
            raise Refused(f"{name} is the last admin", where="NAME", remedy="make somebody else admin first")

    def _link(self, token: str, port: int | None) -> str:
        address = self._address if port is None else f"http://{HOST}:{port}"
        return f"{address}/enrol?token={token}"


def _require_near(until_us: int) -> None:
    most = access.Policy().contract_days_max
    if until_us - clock.now().at_us > most * DAY_US:
        raise Refused(
            "a contract ends not too far ahead", where="--last-day", remedy=f"at most {most} days; prolong it"
        )
