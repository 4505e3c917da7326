"""What every form of setting file comes down to: entries, each with its path, its value as written and its place.

Rules. 1. Every entry says where it stands. 2. Two entries of one path get numbers, and that is told: no value is lost.
3. Sizes are bounded; beyond them a file is refused whole, never cut. 4. No message shows a value: it may be a secret.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from ironkeep.model.errors import Refused

FILE_BYTES_MAX: Final = 32 << 20
ENTRIES_MAX: Final = 200_000
DEPTH_MAX: Final = 64  # groups within groups
SEGMENT_CHARACTERS_MAX: Final = 256
VALUE_CHARACTERS_MAX: Final = 8_192


class SettingsForm(StrEnum):
    """How a setting file is written."""

    CSV = "csv"
    JSON = "json"
    INI = "ini"
    XML = "xml"
    KEY_VALUE = "key-value"
    REGISTERS = "registers"
    SUNSPEC_JSON = "sunspec-json"


class EntryClass(StrEnum):
    """What a file or a map says an entry is for, where it says so (safety S56)."""

    UNSAID = ""
    SETTING = "setting"
    COMMAND = "command"
    VOLATILE = "volatile"
    MEASUREMENT = "measurement"


class Entry(msgspec.Struct, frozen=True):
    """One named value. `path` from the outside in; `text` and `unit` as written; `scaled` when `text` is already in
    `unit` because a map said so. `title` is what the file or map calls it in words.
    """

    path: tuple[str, ...]
    text: str
    place: str
    unit: str = ""
    title: str = ""
    entry_class: EntryClass = EntryClass.UNSAID

    @property
    def key(self) -> str:
        """The path as one text."""
        return ".".join(self.path)


class SettingsFile(msgspec.Struct, frozen=True):
    """A setting file as understood. `remarks` say what was assumed or mended, and how the form was told."""

    form: SettingsForm
    name: str
    sha256: str
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...] = ()
    decimal_comma: bool | None = None  # None: the file does not tell


def gathered(entries: Iterable[Entry], where: str) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The entries within bounds and with paths of their own, and remarks. Raises Refused naming the place."""
    kept: list[Entry] = []
    seen: dict[tuple[str, ...], int] = {}
    twice: list[str] = []
    for entry in entries:
        if len(kept) == ENTRIES_MAX:
            raise Refused(f"more than {ENTRIES_MAX} entries", where=f"{where}: {entry.place}", remedy="split the file")
        if len(entry.text) > VALUE_CHARACTERS_MAX or any(len(part) > SEGMENT_CHARACTERS_MAX for part in entry.path):
            raise Refused(
                f"a name beyond {SEGMENT_CHARACTERS_MAX} or a value beyond {VALUE_CHARACTERS_MAX} characters",
                where=f"{where}: {entry.place}",
                remedy="export settings alone, without files inside",
            )
        count = seen[entry.path] = seen.get(entry.path, 0) + 1
        if count > 1:
            twice.append(f"{entry.place}: {entry.key} stands here for the {_ordinal(count)} time")
            entry = msgspec.structs.replace(entry, path=(*entry.path[:-1], f"{entry.path[-1]}[{count}]"))
        kept.append(entry)
    if not kept:
        raise Refused("no setting in it", where=where, remedy="see docs/reference/setting-files.md for the forms")
    return tuple(kept), tuple(twice[:50])


def _ordinal(count: int) -> str:
    return {2: "second", 3: "third"}.get(count, f"{count}th")
