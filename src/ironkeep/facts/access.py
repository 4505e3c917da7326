"""Facts of access to Ironkeep itself: who enrolled, logged in, was denied, and what was refused. Looking is not a
fact.
"""

from ironkeep.facts.envelope import Body


class AccountEnrolled(Body, frozen=True):
    """A person got an account by the one-time link; the password stays in the console's vault, hashed."""

    account: str
    role: str


class SessionOpened(Body, frozen=True):
    """A person logged in. `origin` is the peer's address."""

    account: str
    origin: str


class SessionClosed(Body, frozen=True):
    """A session ended: by the person, by its time limit, or because the console stopped."""

    account: str
    why: str


class SessionDenied(Body, frozen=True):
    """A log-in or an enrolment was denied."""

    account: str
    origin: str
    why: str


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
