"""What is known of the variables of Network UPS Tools, and how the values of one UPS become a row of a frame.

Rules. 1. A row has a column for every variable that the UPS has offered and that we know, and for every one that a UPS
is expected to offer, so that what is missing is seen to be missing. 2. A value that is no number where one is due, or a
state that has no name, is absent; it is never zero. 3. The words of a status become bits; a word that we do not know
sets a bit of its own. Where the load is fed from follows from the words by a fixed order of precedence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.nut import number
from ironkeep.model.point import PointKind, PointSpec
from ironkeep.model.quality import ABSENT_INTEGER, Quality

STATUS: Final = "ups.status"
OTHER_BIT: Final = 62  # the highest bit below the sign


class Variable(msgspec.Struct, frozen=True):
    """One variable. `codes` gives the number of each word where it is an enum; `signed` follows the device's sign."""

    name: str
    spec: PointSpec
    expected: bool = False
    signed: bool = False
    codes: dict[str, int] = {}


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which variables say each particular, best first."""

    manufacturer: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()


class Lexicon(msgspec.Struct, frozen=True, dict=True):
    """All that is known. `variables` stand in the order of columns; `modes` gives the words of a status that
    decide the mode, and which, the first that stands there first.
    """

    variables: tuple[Variable, ...]
    status: PointSpec
    flags: Mapping[str, int]
    mode: PointSpec
    modes: tuple[tuple[str, int], ...]
    particulars: Said

    @cached_property
    def names(self) -> frozenset[str]:
        """Every variable that is known."""
        return frozenset(variable.name for variable in self.variables)

    def columns(self, offered: Iterable[str]) -> "Columns":
        """The columns of a UPS that has offered those variables."""
        there = set(offered)
        return Columns(self, tuple(v for v in self.variables if v.expected or v.name in there))


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one UPS at one moment: f4 (A,), i8 (I,), u2 (A + I,)."""

    analog: NDArray[np.float32]
    integer: NDArray[np.int64]
    quality: NDArray[np.uint16]


class Columns:
    """The shape of a row, and how lists become rows."""

    def __init__(self, lexicon: Lexicon, variables: tuple[Variable, ...]) -> None:
        self._lexicon = lexicon
        self.names = frozenset(v.name for v in variables)
        self._analog = [v for v in variables if v.spec.kind is PointKind.ANALOG]
        self._enums = [v for v in variables if v.spec.kind is PointKind.ENUM]
        self.analog = tuple(v.spec for v in self._analog)
        self.integer = (lexicon.status, lexicon.mode, *(v.spec for v in self._enums))

    def lost(self) -> Row:
        """The row of a UPS that nothing is known of now."""
        analog, integer = len(self.analog), len(self.integer)
        return Row(
            np.full(analog, np.nan, np.float32),
            np.full(integer, ABSENT_INTEGER, np.int64),
            np.full(analog + integer, int(Quality.LOST), np.uint16),
        )

    def row(self, values: Mapping[str, str], sign: int = 1) -> Row:
        """The row that a whole list says; `sign` is -1 where the device counts charging as positive."""
        analog = np.full(len(self.analog), np.nan, np.float32)
        for n, variable in enumerate(self._analog):
            text = values.get(variable.name)
            value = None if text is None else number(text)
            if value is not None:
                analog[n] = value * sign if variable.signed else value
        integer = np.full(len(self.integer), ABSENT_INTEGER, np.int64)
        words = values.get(STATUS, "").split()
        if words:
            integer[0] = self._bits(words)
            integer[1] = next((mode for word, mode in self._lexicon.modes if word in words), ABSENT_INTEGER)
        for n, variable in enumerate(self._enums, 2):
            integer[n] = variable.codes.get(values.get(variable.name, "").strip().lower(), ABSENT_INTEGER)
        absent = np.concatenate([np.isnan(analog), integer == ABSENT_INTEGER])
        return Row(analog, integer, np.where(absent, np.uint16(Quality.ABSENT), np.uint16(0)))

    def _bits(self, words: Iterable[str]) -> int:
        bits = 0
        for word in words:
            bits |= 1 << self._lexicon.flags.get(word, OTHER_BIT)
        return bits
