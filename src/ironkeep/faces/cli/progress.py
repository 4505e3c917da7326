"""Progress of long work: one line on standard error of a terminal, drawn again in its place and gone at the end.

Rules. 1. Nothing is drawn where standard error is no terminal, or where JSON was asked for. 2. It says what is done,
how far, for how long, and, where the whole is known, how much is left. 3. The work only says where it is; a thread
draws, so that telling costs the work next to nothing, and a step that cannot say how far it is still shows that time
passes.
"""

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, TextIO

from ironkeep.faces.cli import show
from ironkeep.faces.cli.wiring import Count
from ironkeep.model.time import SECOND_US

EVERY_S: Final = 0.25  # between two drawings
LEFT_AFTER_S: Final = 1.5  # of a step, before what is left of it is guessed
_ERASE: Final = "\r\x1b[K"


class _Step(NamedTuple):
    """What is being done, how far it is, out of how much (0: not known), and when it was begun."""

    what: str
    done: Count
    of: int
    begun_us: int


class Bar:
    """The line. Call it with what is being done, how far it is and out of how much; a step of another name is drawn at
    once.
    """

    def __init__(self, out: TextIO, now_us: Callable[[], int], width: int) -> None:
        self._out, self._now_us, self._width = out, now_us, width
        self._step: _Step | None = None
        self._drawn = ""
        self._turn = threading.Lock()  # between the work and the thread that draws

    def __call__(self, what: str, done: Count = 0, of: int = 0) -> None:
        """Note where the work is."""
        before = self._step
        same = before is not None and before.what == what
        self._step = _Step(what, done, of, before.begun_us if before is not None and same else self._now_us())
        if not same:
            self.draw()

    def draw(self) -> None:
        """Draw the line as of now."""
        with self._turn:
            if step := self._step:
                done = step.done() if callable(step.done) else step.done
                text = words(step.what, done, step.of, (self._now_us() - step.begun_us) / SECOND_US)
                if text != self._drawn:
                    self._write(text)

    def line(self, text: str) -> None:
        """A line to standard output meanwhile: it stands above the bar."""
        with self._turn:
            self._write("")
            show.line(text)

    def end(self) -> None:
        """Erase the line for good."""
        with self._turn:
            self._step = None
            self._write("")

    def _write(self, text: str) -> None:
        """Put a text in the place of what stands there."""
        self._out.write(_ERASE + text[: self._width - 1])
        self._out.flush()
        self._drawn = text


class Silent:
    """The same where nobody looks."""

    def __call__(self, what: str, done: Count = 0, of: int = 0) -> None:
        """Note nothing."""

    def line(self, text: str) -> None:
        """A line to standard output."""
        show.line(text)


def words(what: str, done: int, of: int, passed_s: float) -> str:
    """The line: `of` is 0 where the whole is not known. A step that is not over never reads 100 %."""
    parts = [what]
    if of > 0:
        parts = [f"{what}: {done:,} of {of:,}", f"{min(100 * done // of, 99 if done < of else 100)} %"]
    elif done:
        parts = [f"{what}: {done:,}"]
    if of > done > 0 and passed_s >= LEFT_AFTER_S:
        parts.append(f"about {_span(passed_s * (of - done) / done)} left")
    elif passed_s >= 1:
        parts.append(_span(passed_s))
    return ", ".join(parts)


def _span(seconds: float) -> str:
    whole = max(round(seconds), 1)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"


@contextmanager
def shown(now_us: Callable[[], int], json: bool) -> Iterator[Bar | Silent]:
    """What the work tells its progress to."""
    if json or not sys.stderr.isatty():
        yield Silent()
        return
    bar = Bar(sys.stderr, now_us, shutil.get_terminal_size().columns)
    over = threading.Event()

    def draw() -> None:
        while not over.wait(EVERY_S):
            bar.draw()

    drawing = threading.Thread(target=draw, name="progress", daemon=True)
    drawing.start()
    try:
        yield bar
    finally:
        over.set()
        drawing.join()
        bar.end()
