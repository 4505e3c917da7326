"""Facts of the engine itself: it started, stopped, its clock jumped, it stood still, a room failed."""

from ironkeep.facts.envelope import Body


class EngineStarted(Body, frozen=True):
    """The engine took the spine as its only writer. `found` says in plain words what the last stop left behind."""

    version: str
    store: str
    found: tuple[str, ...]
    facts_before: int
    clean: bool


class EngineStopped(Body, frozen=True):
    """The engine stopped in order; without this fact the last stop was not clean."""

    reason: str
    turns: int


class ClockJumped(Body, frozen=True):
    """Wall and monotonic time moved apart by `step_ms` between two turns (positive: the wall clock leapt ahead)."""

    step_ms: int


class EngineStalled(Body, frozen=True):
    """No turn was taken for `stalled_ms`, though the engine had not stopped: machine or process stood still. Nothing
    was read or judged meanwhile.
    """

    stalled_ms: int
    turn: int


class RoomFailed(Body, frozen=True):
    """A decision room broke and was dropped for the turn; the rest went on. `error` is the assertion or exception."""

    room: str
    error: str
    turn: int


class RoomRecovered(Body, frozen=True):
    """A room that had failed decided again without error."""

    room: str
    turn: int
