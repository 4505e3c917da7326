"""Facts of access to Ironkeep itself: who got an account, a role or a token, who logged in, was denied, confirmed.

Looking is not a fact. No password, hash, token or address of a link ever stands in one.
"""

from ironkeep.facts.envelope import Body


class AccountInvited(Body, frozen=True):
    """A one-time link for one new account of this role was asked for. The link itself lies in the vault as a digest.
    A vendor's person has an employer, and a moment at which the contract and with it the account ends.
    """

    role: str
    by: str
    employer: str = ""
    until_us: int = 0


class AccountEnrolled(Body, frozen=True):
    """A person got an account by the one-time link; the password stays in the console's vault, hashed."""

    account: str
    role: str
    employer: str = ""  # of a vendor's person; from `until_us` on the account lets nobody in
    until_us: int = 0


class ContractProlonged(Body, frozen=True):
    """A vendor's account ends later than was said before, at `until_us`; where it had ended it is open again."""

    account: str
    until_us: int
    by: str
    why: str = ""


class RoleChanged(Body, frozen=True):
    """An account has another role from here on; its sessions ended."""

    account: str
    role: str
    by: str
    why: str = ""


class AccountReset(Body, frozen=True):
    """The password and the second factor of an account were made void on the machine itself, and a one-time link for a
    new password was printed there. Its sessions ended.
    """

    account: str
    by: str


class AccountClosed(Body, frozen=True):
    """An account can no longer be used, and its name never again. Its sessions ended."""

    account: str
    by: str
    why: str = ""


class PasswordChanged(Body, frozen=True):
    """A person changed the own password; `ended` other sessions of theirs ended."""

    account: str
    ended: int


class SecondFactorEnrolled(Body, frozen=True):
    """An account has a second factor from here on, in place of any other; the secret stays in the console's vault."""

    account: str


class SecondFactorUsed(Body, frozen=True):
    """A log-in was finished by a second factor: `how` is "phone" or "recovery code", of which `left` are left."""

    account: str
    how: str
    left: int


class SessionOpened(Body, frozen=True):
    """A person logged in. `origin` is the peer's address, `role` the role as the vault knows it."""

    account: str
    origin: str
    role: str = ""


class SessionClosed(Body, frozen=True):
    """A session ended: by the person, by its time limit, or because the console stopped."""

    account: str
    why: str


class SessionsEnded(Body, frozen=True):
    """Every session of an account was ended at once, by its owner or by another."""

    account: str
    by: str
    count: int


class SharedUseSeen(Body, frozen=True):
    """One account was in use from several browsers within the same minutes. That is all that is known: it may be one
    person at two screens, or two people with one password.
    """

    account: str
    browsers: int
    origins: tuple[str, ...]
    within_s: int


class SessionDenied(Body, frozen=True):
    """A log-in, an enrolment or something that was asked over HTTP was denied."""

    account: str
    origin: str
    why: str


class DenialsFolded(Body, frozen=True):
    """So many denials came that they were counted instead of written one by one. `whys`, `accounts` and `origins` are
    those seen first, at most a few of each.
    """

    count: int
    since_us: int
    until_us: int
    whys: tuple[str, ...]
    accounts: tuple[str, ...]
    origins: tuple[str, ...]


class TokenCreated(Body, frozen=True):
    """A named program got a token. `token` is its prefix, by which it is named; `owner` answers for it; `scopes` are
    the acts that it may do until then.
    """

    service: str
    token: str
    owner: str
    scopes: tuple[str, ...]
    until_us: int
    by: str


class TokenRevoked(Body, frozen=True):
    """A token counts for nothing from here on."""

    service: str
    token: str
    by: str
    why: str = ""


class ConfirmationAsked(Body, frozen=True):
    """Somebody asked for an act that needs two people; it waits for another named person until `until_us`, then it is
    void. `told` is the body of the request as JSON.
    """

    asked: str  # asked_<ulid>
    request_kind: str
    subject: str
    told: str
    by: str
    until_us: int


class ConfirmationGiven(Body, frozen=True):
    """Another named person confirmed what was asked; what follows from it stands in the same commit."""

    asked: str
    asked_by: str
    by: str


class ConfirmationDeclined(Body, frozen=True):
    """What was asked was declined or taken back before it was confirmed."""

    asked: str
    by: str
    why: str = ""


class ActedAlone(Body, frozen=True):
    """An act that needs two people was done by one, because nobody else holds a role that may confirm it."""

    request_kind: str
    subject: str
    by: str


class RequestRefused(Body, frozen=True):
    """The desk refused a request: `request_kind` by `by`, about `subject`, for a reason that the asker was told."""

    request: str
    request_kind: str
    by: str
    subject: str
    reason: str


class EvidenceExported(Body, frozen=True):
    """Somebody took a copy of the spine out of the house."""

    by: str
    size: int
    root: str
