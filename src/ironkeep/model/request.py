"""A request: what a person or program asks of the engine, in the imperative. The desk answers each with an outcome."""

from enum import StrEnum
from typing import Any

import msgspec

from ironkeep.model.ids import RequestId


class RequestKind(StrEnum):
    """All that may be asked. None of these reaches equipment."""

    ACKNOWLEDGE_ALARM = "acknowledge alarm"
    SHELVE_ALARM = "shelve alarm"
    UNSHELVE_ALARM = "unshelve alarm"
    RESET_ALARM = "reset alarm"  # a latched alarm that has returned
    TAKE_COMMAND = "take command"
    NOTE_INCIDENT = "note incident"
    LOWER_STAGE = "lower stage"  # a named person, on fresh readings (safety S26)
    CLOSE_INCIDENT = "close incident"
    RECORD_READING = "record reading"  # subject: the asset; a person read an instrument (model/reading.py)
    APPROVE_SETTING = "approve setting"  # the passport as it stands becomes the approved one
    TAKE_IMPORT = "take import"  # subject: SHA-256 of the import in the blob store
    WITHDRAW_IMPORT = "withdraw import"
    RECORD_CHECK = "record check"  # subject: an item of the quarter's checklist; a named person says that it was done
    INVITE_ACCOUNT = "invite account"  # subject: the role that the new account will have
    CHANGE_ROLE = "change role"  # subject: the account
    CLOSE_ACCOUNT = "close account"
    PROLONG_CONTRACT = "prolong contract"  # subject: a vendor's account; body: the moment until which it is open
    TOKEN_CREATE = "create token"  # subject: the service, a named program  # noqa: S105
    TOKEN_REVOKE = "revoke token"  # subject: the token's prefix  # noqa: S105
    CONFIRM_REQUEST = "confirm request"  # subject: what was asked and waits for a second person
    DECLINE_REQUEST = "decline request"
    RECORD_ACCESS = "record access"  # the console reports enrolment, log-in, log-out, denial


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request. `id` is chosen by the asker and makes it idempotent; `actor` is who asks; `subject` an id;
    `body` the rest.
    """

    id: RequestId
    kind: RequestKind
    actor: str
    subject: str
    body: dict[str, Any] = {}


class Outcome(msgspec.Struct, frozen=True):
    """The desk's answer. `seqs` are the facts that the request became; `reason` is for people when refused."""

    request: RequestId
    accepted: bool
    reason: str = ""
    remedy: str = ""
    seqs: tuple[int, ...] = ()
