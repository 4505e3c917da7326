"""Facts of exports: a collector that took nothing for a time, and when it took what it had missed."""

from ironkeep.facts.envelope import Body


class ExportInterrupted(Body, frozen=True):
    """A collector could not be reached or took nothing. `first` is the first fact not known to have arrived there."""

    export: str
    receiver: str
    why: str
    first: int


class ExportResumed(Body, frozen=True):
    """The collector has taken the facts `first` up to and without `until`, `waited_s` seconds after it went away. Some
    of the first may have come twice; none is missing.
    """

    export: str
    receiver: str
    first: int
    until: int
    waited_s: int
