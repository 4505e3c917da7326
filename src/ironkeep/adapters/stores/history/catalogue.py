"""The catalogue: one small file that says what is sealed. Replacing it is the moment at which anything becomes true.

Rules. 1. Only the upkeep process writes it, whole, by rename. 2. A file that it does not name does not exist for
readers, and is removed at the next run. 3. Facts that it carries are numbered; the engine says in `recorded.json` how
many of them stand on the spine, and nothing is deleted before the fact that says so does. 4. A log in `sealed` is not
read any more. 5. It is a map, not evidence: what it says is checked against the spine by `verify`. 6. One that is gone,
or older than the facts that stand on the spine, is none: by rule 2 it would remove what was sealed since.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

import ironkeep.facts.history  # noqa: F401 - registers the kinds that the catalogue carries
from ironkeep.adapters.stores.history.durable import write_whole
from ironkeep.codecs.frames import parse_layout
from ironkeep.facts.envelope import Body, kinds
from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import FrameLayout

NAME: Final = "catalogue.json"
RECORDED: Final = "recorded.json"
RAW: Final = "raw"
MINUTES: Final = "minutes"
DIGESTS: Final = "digests"
LAYOUTS: Final = "layouts"
HOT: Final = "hot"
VERSION: Final = 1


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One file of a stretch: assets first to last (excluded) of its layout."""

    first: int
    last: int
    size: int  # bytes


class Stretch(msgspec.Struct, frozen=True):
    """One sealed segment, or several that were compacted. `number` grows with each; `first_us` and `last_us` are the
    span of its samples' `collected_us`, `day` that of its first frame, counted since the epoch.
    """

    number: int
    file: str
    group: str
    layout: str
    day: int
    first_us: int
    last_us: int
    segments: int
    raw: tuple[Part, ...]
    minutes: tuple[Part, ...]
    segment: str = ""  # its id, while it is a single one
    digests: int = 0  # bytes of the list of chunk digests

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(part.size for part in (*self.raw, *self.minutes)) + self.digests


class Due(msgspec.Struct, frozen=True):
    """A fact for the spine, with its number."""

    number: int
    kind: str
    body: dict[str, Any]


class Doomed(msgspec.Struct, frozen=True):
    """A file to be deleted once fact `after` stands on the spine and `not_before_us` has passed."""

    path: str
    after: int
    not_before_us: int


class SealedLog(msgspec.Struct, frozen=True):
    """A log whose frames are in segments; its file goes at `not_before_us` when fact `after` stands on the spine."""

    number: int
    after: int
    not_before_us: int


class Catalogue(msgspec.Struct, frozen=True):
    """Everything that is sealed. `newest_log` is the highest log ever sealed."""

    version: int = VERSION
    next_fact: int = 1
    next_number: int = 1
    newest_log: int = 0
    stretches: tuple[Stretch, ...] = ()
    sealed: tuple[SealedLog, ...] = ()
    due: tuple[Due, ...] = ()
    doomed: tuple[Doomed, ...] = ()

    def with_facts(self, *bodies: Body) -> "Catalogue":
        """The catalogue carrying these facts too."""
        more = tuple(
            Due(self.next_fact + i, type(body).__name__, msgspec.to_builtins(body)) for i, body in enumerate(bodies)
        )
        return msgspec.structs.replace(self, due=self.due + more, next_fact=self.next_fact + len(more))


class Recorded(msgspec.Struct, frozen=True):
    """How many of the facts stand on the spine: all below `next_fact`."""

    next_fact: int = 1


def load(folder: Path) -> Catalogue:
    """The catalogue of a history folder, empty before the first seal. Raises Untrusted when it does not parse, or does
    not know of all facts that stand on the spine.
    """
    path = folder / NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = msgspec.json.encode(Catalogue())
    try:
        found = msgspec.json.decode(data, type=Catalogue)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Untrusted(
            f"the catalogue does not parse: {exc}",
            where=str(path),
            remedy="restore it from a copy; the segments are untouched",
        ) from exc
    if found.version != VERSION:
        raise Untrusted(f"the catalogue is of version {found.version}, not {VERSION}", where=str(path))
    recorded = load_recorded(folder)
    if found.next_fact < recorded:
        raise Untrusted(
            f"the catalogue is gone or an old one: it carries {found.next_fact - 1} facts, {recorded - 1} are recorded",
            where=str(path),
            remedy="restore its newest copy, or move this folder aside to begin a new history; nothing is removed",
        )
    return found


def save(folder: Path, catalogue: Catalogue) -> None:
    """Replace the catalogue, durably."""
    write_whole(folder / NAME, msgspec.json.encode(catalogue))


def load_recorded(folder: Path) -> int:
    """The number of the first fact that is not known to stand on the spine."""
    try:
        return msgspec.json.decode((folder / RECORDED).read_bytes(), type=Recorded).next_fact
    except FileNotFoundError:
        return 1
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Untrusted(
            f"does not parse: {exc}", where=str(folder / RECORDED), remedy="delete it: facts are then asked for"
        ) from exc


def save_recorded(folder: Path, next_fact: int) -> None:
    """Remember that all facts below that number stand on the spine."""
    write_whole(folder / RECORDED, msgspec.json.encode(Recorded(next_fact)))


def body_of(due: Due) -> Body:
    """The fact's body as its type."""
    return msgspec.convert(due.body, kinds()[due.kind])


def raw_files(folder: Path, file: str, parts: int) -> list[Path]:
    """The sample files of a stem."""
    return [folder / RAW / f"{file}-{i:04d}.parquet" for i in range(parts)]


def minute_files(folder: Path, file: str, parts: int) -> list[Path]:
    """The rollup files of a stem."""
    return [folder / MINUTES / f"{file}-{i:04d}.parquet" for i in range(parts)]


def digest_file(folder: Path, file: str) -> Path:
    """The list of chunk digests of a stem."""
    return folder / DIGESTS / f"{file}.chunks"


def load_layout(folder: Path, digest: str) -> FrameLayout:
    """The layout of that digest. Raises Untrusted when it is missing or another."""
    path = folder / LAYOUTS / f"{digest}.json"
    try:
        return parse_layout(path.read_bytes(), digest)
    except FileNotFoundError as exc:
        raise Untrusted("the layout is missing", where=str(path), remedy="restore it from a copy") from exc


def kept_layout(folder: Path, digest: str) -> FrameLayout | None:
    """The layout of that digest when it is kept and whole."""
    try:
        return load_layout(folder, digest)
    except Untrusted:
        return None


def save_layout(folder: Path, layout: FrameLayout) -> None:
    """Keep a layout for as long as the history; once is enough."""
    path = folder / LAYOUTS / f"{layout.digest}.json"
    if not path.exists():
        write_whole(path, msgspec.json.encode(layout, order="sorted"))
