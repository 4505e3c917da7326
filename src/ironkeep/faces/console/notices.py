"""What came of a request, told once: a line, its proofs, and the way back where there is one.

A form that was posted without scripts is answered by a redirect, so that a reload asks nothing again. The line waits
here for the page that follows, under the log-in that asked: nothing of it travels through an address.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from ironkeep.faces.console.gate import local_path
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Session

WAITS_S: Final = 60  # for the page that follows; what was asked longer ago explains nothing there
WAITING_MAX: Final = 1_000  # log-ins with a line that nobody fetched


@dataclass(frozen=True)
class Undo:
    """The button that takes back what was just done: its word, where it posts, and its one field."""

    word: str
    action: str
    field: str
    value: str


@dataclass(frozen=True)
class Notice:
    """One line for the person who asked; `facts` are the numbers by which it can be proved."""

    good: bool
    text: str
    remedy: str = ""
    status: int = 200
    facts: tuple[int, ...] = ()
    undo: Undo | None = None


class Notices:
    """The lines that wait, the newest of each log-in."""

    def __init__(self, mono_us: Callable[[], int]) -> None:
        self._mono_us = mono_us
        self._waiting: OrderedDict[str, tuple[int, Notice]] = OrderedDict()

    def after(self, session: Session, path: str, notice: Notice) -> Response:
        """A redirect to a page of ours, which will tell the line."""
        self._waiting.pop(session.csrf, None)
        self._waiting[session.csrf] = (self._mono_us(), notice)
        while len(self._waiting) > WAITING_MAX:
            self._waiting.popitem(last=False)
        return RedirectResponse(local_path(path), 303)

    def take(self, session: Session) -> Notice | None:
        """The line that waits for this log-in, once."""
        at_us, notice = self._waiting.pop(session.csrf, (0, None))
        return notice if self._mono_us() - at_us <= WAITS_S * SECOND_US else None
