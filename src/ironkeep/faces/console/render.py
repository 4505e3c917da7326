"""Templates: what they may call, and the files that pages name by content.

A region is a template whose root element carries the region's id. The same text is the first paint, the message of the
stream, the printed page and what tests look at.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Final

import msgspec
from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from ironkeep.facts.seal import seq_of
from ironkeep.model.annunciation import Priority
from ironkeep.model.time import SECOND_US, age_text, rfc3339
from ironkeep.views import curves, numbers, words
from ironkeep.views.doubt import loud
from ironkeep.views.scene import oldest_us, unknowns
from ironkeep.views.story import person

STATIC = Path(__file__).parent / "static"
SHEETS, PAPER = ("console.css", "parts.css"), "paper.css"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
BRIEF_CHARS, BRIEF_ITEMS = 60, 3
EFFECTS_SHOWN = 8  # of what a fact led to
PROOF_CHARS = 2_000  # of a field on the page of one fact; the whole stands below it
AGE_DECIMALS_S = 10  # below this an age has decimals, which a length of standing does not need
TIME_FROM_US, TIME_UNTIL_US = 1_000_000_000_000_000, 4_000_000_000_000_000  # 2001 to 2096: no count is so large
UNTOLD = ("asset", "finding", "digest", "settings", "chain", "alarms", "members")  # say nothing in one line
TOLD_FIRST = (
    *("title", "point", "field", "device", "what", "fault", "value", "limit", "before", "after", "stage", "why"),
    *("reasons", "text", "reason", "count", "by", "next_step", "incident", "alarm"),
)
"""What happened comes before what it belongs to; other fields follow in the order of their names."""
PAGE_OF = {"alarm": "/alarms/", "incident": "/incidents/"}
CODE = (".js", ".css")
PHASE = re.compile(r"_l([123])(?:_|$)")


def one_sheet() -> str:
    """Every style sheet of the shell as one text. It stands in the page: the first paint waits for one answer."""
    screen = "\n".join((STATIC / name).read_text() for name in SHEETS)
    return f"{screen}\n@media print{{\n{(STATIC / PAPER).read_text()}\n}}\n"


SHEET: Final = one_sheet()
SHEET_DIGEST: Final = f"sha256-{base64.b64encode(hashlib.sha256(SHEET.encode()).digest()).decode()}"
"""By this the content policy knows the sheet; no other inline style is applied."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file for the browser: its bytes, its type, its address with the content's mark, its integrity."""

    name: str
    data: bytes
    media_type: str
    url: str
    integrity: str


class ManifestRow(msgspec.Struct, frozen=True):
    """One row of the vendor folder's manifest."""

    name: str
    version: str
    licence: str
    file: str
    sha384: str


def assets(vendor: Path) -> dict[str, Asset]:
    """Every file that pages may name: our own, and those of the vendor folder whose bytes match its manifest.

    A missing, broken or altered vendor file is left out; pages then draw without it.
    """
    found = {path.name: _asset(path.name, path.read_bytes()) for path in sorted(STATIC.glob("*")) if path.is_file()}
    try:
        rows = msgspec.json.decode((vendor / "manifest.json").read_bytes(), type=list[ManifestRow])
    except (OSError, msgspec.DecodeError):
        return found
    for row in rows:
        path = vendor / Path(row.file).name
        if path.suffix in CODE and path.is_file():
            made = _asset(row.file, path.read_bytes())
            if made.integrity == row.sha384:
                found[row.file] = made
    return found


def _asset(name: str, data: bytes) -> Asset:
    mark = hashlib.sha256(data).hexdigest()[:16]
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
    media_type = TYPES.get(Path(name).suffix, "application/octet-stream")
    return Asset(name, data, media_type, f"/static/{name}?v={mark}", integrity)


class Compiled(BytecodeCache):
    """Templates as this process compiled them once, for every environment that it makes. All are made alike."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a template whose text is still the same."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._code[bucket.key, bucket.checksum] = bucket.code


COMPILED: Final = Compiled()


def environment(files: Mapping[str, Asset]) -> Environment:
    """The template environment. Autoescape is on; an undefined name is a bug, not an empty string."""
    made = Environment(
        loader=PackageLoader("ironkeep.faces.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=COMPILED,
    )
    made.filters.update(
        figure=numbers.figure,
        quantity=numbers.quantity,
        scaled=numbers.scaled_text,
        unit=numbers.unit_text,
        count=numbers.count,
        when=when,
        clock=clock_text,
        person=person,
        age=age_text,
        since=since,
        lately=lately,
        span=span_text,
        slug=slug,
        stamp=lambda at_us: rfc3339(at_us, digits=0),
        long=length_text,
        brief=brief,
        oldest=oldest_us,
        unknowns=unknowns,
        phase=phase,
        telling=telling,
        seq_of=seq_of,
    )
    made.globals.update(
        files=files,
        sheet=SHEET,
        curve=curves.curve,
        level=curves.level,
        loud=loud,
        line_of=words.says,
        ticks=curves.ticks,
        Priority=Priority,
        PAGE_OF=PAGE_OF,
        EFFECTS_SHOWN=EFFECTS_SHOWN,
        PROOF_CHARS=PROOF_CHARS,
        SECOND_US=SECOND_US,
    )
    return made


def when(at_us: int | None) -> str:
    """Date and time to the second, UTC: "2026-11-20 11:20:04Z"; a dash for none."""
    return "–" if at_us is None else rfc3339(at_us, digits=0).replace("T", " ")


def clock_text(at_us: int | None) -> str:
    """Time of day alone: "11:20:04"."""
    return "–" if at_us is None else rfc3339(at_us, digits=0)[11:19]


def since(at_us: int | None, now_us: int) -> str:
    """For how long, with its unit, so that nobody takes it for a time of day: "41 s", "24 min", "3 h", "2 d"."""
    if at_us is None:
        return "–"
    seconds = max(now_us - at_us, 0) // SECOND_US
    return f"{seconds} s" if seconds < AGE_DECIMALS_S else age_text(seconds * SECOND_US)


def lately(at_us: int | None, now_us: int) -> str:
    """A moment as short as it stays clear: "21:53:03Z" of the same day, "11-20 21:53Z" of another."""
    if at_us is None:
        return "–"
    text = rfc3339(at_us, digits=0)
    return text[11:] if text[:10] == rfc3339(now_us, digits=0)[:10] else f"{text[5:10]} {text[11:16]}Z"


def span_text(seconds: float) -> str:
    """A length of time that people act within: "30 s", "5 min", "2 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def brief(value: Any, chars: int = BRIEF_CHARS) -> str:
    """What a field of a fact says, in one line: text longer than `chars` is cut, a table of many entries is counted, a
    number that can only be a time reads as one. Of pairs of a code and its words the words are said.
    """
    if isinstance(value, dict):
        return f"{len(value)} entries"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value and isinstance(value[0], list):  # codes with their words: the words
        value = [str(each[-1]) for each in value]
    if isinstance(value, int) and TIME_FROM_US <= value < TIME_UNTIL_US:
        return when(value)
    if isinstance(value, list) and len(value) > BRIEF_ITEMS:
        return f"{', '.join(map(str, value[:BRIEF_ITEMS]))} and {len(value) - BRIEF_ITEMS} more"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= chars else f"{text[: chars - 1]}…"


def telling(body: Mapping[str, Any], most: int) -> list[tuple[str, Any]]:
    """The fields of a fact that tell a person most: neither empty nor a digest, what happened first. No time is 0."""
    held = [
        (key, value)
        for key, value in body.items()
        if key not in UNTOLD and value not in ("", None, []) and (value or not key.endswith("_us"))
    ]
    place = {key: i for i, key in enumerate(TOLD_FIRST)}
    return sorted(held, key=lambda pair: place.get(pair[0], len(place)))[:most]


def phase(point: str) -> str:
    """The phase that a point's name tells and its label does not: "L2" of "input_voltage_l2_v", else empty."""
    found = PHASE.search(point)
    return f"L{found[1]}" if found else ""


def length_text(seconds: int) -> str:
    """A length of time that a trend shows: "1 h", "24 h", "7 d"."""
    return f"{seconds // 3600} h" if seconds < 2 * 86_400 else f"{seconds // 86_400} d"


def slug(text: Any) -> str:
    """The text as an element id may hold it."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in str(text))
