"""What the console is given: ports, the declared site, a clock. It reaches nothing that is not named here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ironkeep.model.access import Table
from ironkeep.model.check import Check
from ironkeep.model.register import Import, Lore
from ironkeep.model.site import Site
from ironkeep.model.time import Now
from ironkeep.ports.blobs import BlobStore
from ironkeep.ports.desk import Desk
from ironkeep.ports.facts import FactReader
from ironkeep.ports.history import HistoryReader
from ironkeep.ports.stage import Stage
from ironkeep.ports.vault import Vault
from ironkeep.views.alarm_now import Look

STREAMS_MAX = 4  # per log-in: HTTP/1.1 browsers open six connections, and pages need the other two
VENDOR = Path(__file__).parent / "vendor"


@dataclass(frozen=True)
class Limits:
    """Every bound of the console, with its unit."""

    streams_per_session: int = STREAMS_MAX
    streams_all: int = 200
    form_bytes: int = 16_384
    import_bytes: int = 16 << 20  # of a file given to the register by a page; larger ones go by the command line
    facts_per_step: int = 2_000  # folded before the loop breathes
    page_rows: int = 50
    stream_beat_s: float = 1.0  # a stream says something at least this often
    strangers_per_s: float = 20.0  # answers to all who are not logged in, together
    logged_in_per_s: float = 40.0  # answers to one log-in
    desk_wait_s: float = 5.0  # an answer of the desk that takes longer is given up


@dataclass(frozen=True)
class Intake:
    """How a file becomes an import: its bytes, name and form understood (or Refused), the import kept under its digest,
    and an empty table to fill in.
    """

    understood: Callable[[bytes, str, str], Import]
    kept: Callable[[Import], str]
    template: Callable[[], str]


@dataclass(frozen=True)
class Sources:
    """The ports and values by which the console lives. `history` and `stage` may be absent; pages then say so.

    `export` yields the files of a C2SP tlog-tiles folder as (path, bytes). `hosts` are the Host headers answered,
    without port. `lore` is what the register knows of gaps and chemistries; without `blobs` imports stand unread.
    `vendor` is the folder of fetched browser files; without a manifest there the console draws without them.
    """

    desk: Desk
    facts: FactReader
    history: HistoryReader | None
    stage: Stage | None
    vault: Vault
    site: Site
    clock: Callable[[], Now]
    export: Callable[[], Iterator[tuple[str, bytes]]] | None = None
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secure: bool = False  # served over TLS: cookies that no other way sees, and browsers told to keep to it
    authority: bytes = b""  # the site's own authority as DER, to install on phones; empty where it has none
    lore: Lore = field(default_factory=Lore)
    blobs: BlobStore | None = None
    intake: Intake | None = None  # without it files are taken by the command line alone
    vendor: Path = VENDOR
    limits: Limits = field(default_factory=Limits)
    checks: tuple[Check, ...] = ()  # what is compared with what, for the card of what to measure by hand
    access: Table = field(default_factory=Table)  # who may do what; an empty table refuses everything
    looks: Mapping[str, Look] = field(default_factory=dict)  # which value each alarm rule holds against its limit
    never_wait: frozenset[str] = frozenset()  # rules whose alarms are never shelved, so that nobody is offered it
