"""RecordingFile: a recording of somebody else's, as a file that can be looked at and read whole.

It is read whole or refused whole: no partial result is ever handed out as the recording. Nothing is written to it.
"""

from typing import Protocol

from ironkeep.model.recording import Head, LongWords, Mapping, Recording, TimeForm


class RecordingFile(Protocol):
    """One file, opened."""

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the file's bytes."""
        ...

    def head(self) -> Head:
        """How its bytes are written, and sample rows. Raises Refused naming file and line where not understood."""
        ...

    def head_by_point(self, long: LongWords) -> Head:
        """The head, its sample rows drawn from the whole file, as many of each name of a long layout."""
        ...

    def day_and_month(self, mapping: Mapping) -> TimeForm:
        """Whether dates are day first or month first, by every date in the file; OPEN where none decides.

        Raises Refused when dates of both kinds stand in it, naming the line.
        """
        ...

    def strange_words(self, mapping: Mapping) -> dict[str, str]:
        """By column of states, a word in it that is neither of its positions; columns without one are left out."""
        ...

    def read(self, mapping: Mapping) -> Recording:
        """All of it, in canonical units, in order of time. Raises Refused naming file, line and column."""
        ...
