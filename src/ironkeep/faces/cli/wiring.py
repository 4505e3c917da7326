"""What the commands need from `programs`: ports by data folder, and the programs to start. The command line builds
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:  # for the words alone: a command loads what it needs when it runs, so that --help is quick
    from ironkeep.model.access import Contract
    from ironkeep.model.analysis import Analysis
    from ironkeep.model.register import Import
    from ironkeep.model.site import Site
    from ironkeep.ports.desk import Desk
    from ironkeep.ports.facts import FactReader
    from ironkeep.ports.stage import Stage
    from ironkeep.ports.vault import Account, Token
    from ironkeep.views.as_of import AsOf
    from ironkeep.views.register import Book
    from ironkeep.views.settingdiff import SettingDiff

Count = int | Callable[[], int]  # how far; or what says so when it is looked at


class Tell(Protocol):
    """Told by long work: what is being done, how far it is and out of how much, 0 where that is not known."""

    def __call__(self, what: str, done: Count = 0, of: int = 0, /) -> None:
        """Note it, at no price to the work."""
        ...


def untold(what: str, done: Count = 0, of: int = 0, /) -> None:
    """For work that nobody watches."""


class Up(msgspec.Struct, frozen=True):
    """A site that is up: where it is, by which one-time link the first account is made ("" where there is one), and why
    no live data flow yet. A recording says how it is played in `recorded`; it is never live.
    """

    address: str
    link: str
    site: str
    data: Path
    why: str = ""
    recorded: str = ""


class Voice(Protocol):
    """What a program that stays says to whoever started it."""

    def up(self, up: Up) -> None:
        """It is up."""
        ...

    def say(self, text: str) -> None:
        """Something else happened."""
        ...


class Verdict(msgspec.Struct, frozen=True):
    """What `verify` found. `problems` name place and remedy, worst first; `notes` say what was not checked and why."""

    good: bool
    readable: bool
    facts: int
    root: str
    problems: tuple[str, ...]
    notes: tuple[str, ...]


class Papers(msgspec.Struct, frozen=True):
    """The files by which a device is asked over TLS: who may vouch for it, what its certificate calls it (its host when
    empty), and for Modbus our own certificate and key. Without any it is asked in clear.
    """

    ca: Path | None = None
    name: str = ""
    certificate: Path | None = None
    key: Path | None = None


class Discovery(msgspec.Struct, frozen=True):
    """What stands at one address: what was found, what is missing in it, and the site file that follows."""

    protocol: str
    address: str
    requests: int
    found: tuple[str, ...]
    missing: tuple[str, ...]
    entry: str


class Gravity(StrEnum):
    """How bad a finding of the doctor is, worst first."""

    BAD = "bad"
    WARN = "look"
    GOOD = "good"


class Ailment(msgspec.Struct, frozen=True):
    """One thing that the doctor looked at: what is so, where, and, where it is not good, what would mend it."""

    gravity: Gravity
    what: str
    where: str
    remedy: str = ""


class Copied(msgspec.Struct, frozen=True):
    """A site carried away or brought back. `root` and `facts` are those of its record, `size` bytes in all."""

    facts: int
    root: str
    files: int
    size: int
    made_at: str
    version: str


class Listen(msgspec.Struct, frozen=True):
    """Where the console is asked to listen, and by which files over TLS. What is empty the site file says, else the
    default: this machine alone.
    """

    address: str = ""  # address and port
    port: int | None = None  # on this machine, where no address is given; 0: a free one
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    oldest: str = ""  # of TLS


class Certified(msgspec.Struct, frozen=True):
    """A certificate of the console: the names it is for, its end, its SHA-256; the authority to install on phones,
    with its SHA-256 (empty where it is not the site's own); the address that people type. `anew`: nobody has it yet.
    """

    certificate: str
    names: tuple[str, ...]
    ends_us: int
    fingerprint: str
    authority: str = ""
    authority_fingerprint: str = ""
    address: str = ""
    anew: bool = False


class Changed(msgspec.Struct, frozen=True):
    """A change to people or programs: what is shown once (a link, a token), and whether the record has its fact yet."""

    once: str
    on_record: bool


class Office(Protocol):
    """People and programs of one site, as the command line changes them. Every method raises Refused with a remedy."""

    def accounts(self, now_us: int = 0) -> tuple[Account, ...]:
        """Every account, oldest first, with the sessions that are open then."""
        ...

    def tokens(self) -> tuple[Token, ...]:
        """Every token, newest first."""
        ...

    def invite(self, role: str, port: int | None, contract: Contract) -> Changed:
        """A one-time link for a new account; a vendor's person has a contract, nobody else."""
        ...

    def prolong(self, name: str, until_us: int) -> Changed:
        """A later end of a vendor's contract."""
        ...

    def reset(self, name: str, port: int | None) -> Changed:
        """A one-time link for a new password; the old one is void."""
        ...

    def role(self, name: str, role: str) -> Changed:
        """Another role."""
        ...

    def close(self, name: str) -> Changed:
        """Close an account for ever."""
        ...

    def create_token(self, service: str, owner: str, scopes: Sequence[str], days: int) -> Changed:
        """A program's token, shown once."""
        ...

    def revoke_token(self, prefix: str) -> Changed:
        """Let a token count for nothing."""
        ...


class Wiring(Protocol):
    """Everything outside the command line that a command may use."""

    def run(
        self, data: Path, *, site: Path | None, listen: Listen, fresh: bool, seed: int, pace: float, voice: Voice
    ) -> int:
        """Run a site, or the demo, until it is stopped; the exit code."""
        ...

    def engine(self, data: Path, site: Path) -> int:
        """Be the engine process until stopped."""
        ...

    def console(self, data: Path, site: Path, listen: Listen) -> int:
        """Be the console process until stopped."""
        ...

    def certificate_made(self, data: Path, names: Sequence[str], within: Sequence[str], *, anew: bool) -> Certified:
        """A certificate by the site's own authority, which is made where there is none."""
        ...

    def certificate(self, data: Path) -> Certified:
        """The site's own certificate. Raises Refused where there is none."""
        ...

    def certificate_paper(self, found: Certified) -> str:
        """The page to print for whoever sets up phones, as HTML."""
        ...

    def twin(self, data: Path, seed: int, pace: float) -> int:
        """Be the twin process until stopped."""
        ...

    def desk(self, data: Path) -> Desk:
        """The desk of the engine that runs on a data folder."""
        ...

    def stage(self, data: Path) -> Stage:
        """The stage of the demo's twin."""
        ...

    def facts(self, data: Path) -> FactReader:
        """The spine of a data folder, read-only."""
        ...

    def as_of(self, data: Path, at_us: int, tell: Tell) -> AsOf:
        """The state of everything at a past moment."""
        ...

    def book(self, data: Path, site: Path | None, tell: Tell) -> Book:
        """The register as of now: of the site file in force, or of another one beside the same facts."""
        ...

    def site(self, path: Path) -> Site:
        """A checked site file. Raises Refused with every error at once."""
        ...

    def verify(self, path: Path, *, key: str, checkpoint: Path | None, segments: Path | None, tell: Tell) -> Verdict:
        """Check a copy of a spine or an exported tile folder."""
        ...

    def export(self, data: Path, folder: Path, tell: Tell) -> str:
        """Write the spine as a C2SP tlog-tiles folder; the checkpoint's text."""
        ...

    def verifier_key(self, data: Path) -> str:
        """The verifier key of the site's log, to keep elsewhere."""
        ...

    def backup(self, data: Path, target: Path, *, keys: bool, tell: Tell) -> Copied:
        """Copy a site, running or not, and verify the copy; `keys` takes the signing key too."""
        ...

    def restore(self, source: Path, data: Path, *, keys: Path | None, tell: Tell) -> Copied:
        """Make a data folder of a backup, every file checked and the record verified."""
        ...

    def syslog(self, data: Path, *, json: bool) -> int:
        """Hand the record to the collector that the data folder names, until stopped; the exit code. What it says goes
        to standard error in words, or to standard output as lines of JSON.
        """
        ...

    def syslog_proof(self, data: Path, line: str) -> str:
        """What a collector's line proves, in words. Raises Untrusted when the record says otherwise."""
        ...

    def passport_diff(self, before: Path, after: Path, *, chart: str, form: str) -> SettingDiff:
        """Compare two setting files. Raises Refused when one is not understood."""
        ...

    def analyse(self, recording: Path, mapping: Path | None, tell: Tell) -> tuple[Analysis, str]:
        """What a recording tells, and the mapping it was read by as TOML; guessed where none is given."""
        ...

    def recording_map(self, recording: Path) -> str:
        """The guessed mapping of a recording as TOML, open questions marked."""
        ...

    def discover(
        self, device: str, *, protocol: str, unit: int, requests: int, papers: Papers, out: Path | None, tell: Tell
    ) -> Discovery:
        """Ask one device what it is, with papers encrypted or not at all; with `out` write the site file there, never
        over another.
        """
        ...

    def examine(self, data: Path, port: int, tell: Tell) -> tuple[Ailment, ...]:
        """Look at this machine and a data folder; everything that was looked at, worst first."""
        ...

    def import_understood(self, path: Path, form: str, tell: Tell) -> Import:
        """What a file about the register says; nothing is kept. Raises Refused when it is not understood whole."""
        ...

    def import_kept(self, data: Path, held: Import) -> str:
        """Put an import into the site's blob store; its digest."""
        ...

    def inventory_template(self) -> str:
        """An empty inventory table with every column explained."""
        ...

    def office(self, data: Path) -> AbstractContextManager[Office]:
        """Where people and programs are named, on the machine itself."""
        ...

    def replay(
        self,
        recording: Path,
        mapping: Path | None,
        *,
        data: Path | None,
        port: int,
        speed: float,
        voice: Voice,
        tell: Tell,
    ) -> int:
        """Run engine and console on a recording until stopped; the exit code."""
        ...

    def asset_ids(self, data: Path, site: Path | None) -> Sequence[str]:
        """The assets of a site file, or of the one in force."""
        ...

    def scenario_names(self) -> Sequence[str]:
        """What the demo's twin can play."""
        ...

    def acts(self) -> Sequence[str]:
        """What the table of who may do what names."""
        ...

    def default_data(self) -> Path:
        """The data folder when none is named."""
        ...

    def now_us(self) -> int:
        """Wall time."""
        ...
