"""Replay a recording: the real engine and the real console on what was recorded, marked RECORDED everywhere.

Rules. A replay is never live: its health says RECORDED, whatever the rows say. It keeps a data folder of its own, which
it empties first; it refuses a folder of a site, and `ironkeep run` refuses a folder of a replay. Time is the
recording's: the rooms see every row at its own time, in order, however fast it is played; only log-ins follow the real
clock. It reaches no equipment and writes nothing but its folder.
"""

import asyncio
import inspect
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
from granian.server.embed import Server

from ironkeep import __version__
from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.equipment.recording.adapter import RecordingReader
from ironkeep.adapters.equipment.recording.config import AGE_LIMIT_PERIODS, PROTOCOL
from ironkeep.adapters.stores.history.adapter import open_history_reader
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.engine.health import Newest
from ironkeep.engine.heartbeat import Heartbeat
from ironkeep.engine.turn import Policies
from ironkeep.faces.cli.wiring import Tell, Up, Voice, untold
from ironkeep.faces.console.app import create_app
from ironkeep.faces.console.sources import Sources
from ironkeep.facts.engine import EngineStarted
from ironkeep.facts.envelope import Draft
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.ids import AssetId, DeviceId, SiteId
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.recording import Recording, Track
from ironkeep.model.site import Asset, AssetKind, Device, Site
from ironkeep.model.time import SECOND_US, Now, rfc3339
from ironkeep.packs.access import read as access_pack
from ironkeep.packs.alarms import read as alarm_pack
from ironkeep.ports.history import HistoryPolicy
from ironkeep.ports.vault import Vault
from ironkeep.programs import clock
from ironkeep.programs.analyse import loaded
from ironkeep.programs.console import server_of
from ironkeep.programs.enrolment import enrolment_link
from ironkeep.programs.folder import PRIVATE, DataFolder
from ironkeep.programs.parts import open_parts
from ironkeep.programs.policies import policies
from ironkeep.programs.tls.listening import HOST, Listening, require_free
from ironkeep.views.alarm_now import looks

MARK = "ironkeep.replay"  # another mark than a site's: neither program takes the other's folder
MARK_TEXT = "The data of a replayed recording. Nothing in here was ever live.\n"
SPEED_MIN, SPEED_MAX = 0.1, 10_000.0
TURNS_PER_S_MAX = 20.0  # real; a faster replay passes over rows and says so
SHOWN_EVERY_S = 1.0  # real: a page hears at least so often
TRACKS_MAX = 200


class ReplayFolder(DataFolder):
    """A data folder that holds a replay and nothing else."""

    def prepare(self) -> None:
        """Create the folder, or take over one of a replay. Raises Refused for any other, Unavailable when it cannot be
        written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            if not (self.path / MARK).exists():
                if any(self.path.iterdir()):
                    raise Refused(
                        "the folder holds something else than a replay; a replay never runs on the data of a site",
                        where=str(self.path),
                        remedy="name a new folder with --data, or none",
                    )
                (self.path / MARK).write_text(MARK_TEXT)
            self.path.chmod(PRIVATE)
        except OSError as exc:
            raise Unavailable(f"the data folder cannot be written: {exc.strerror}", where=str(self.path)) from exc

    def open(self, *, fresh: bool = True) -> None:
        """Take the folder and empty it: a replay begins anew. Raises Conflict while another replay holds it."""
        self.prepare()
        self._hold(self.path / MARK)
        if fresh:
            self._empty_but_mark()

    def _empty_but_mark(self) -> None:
        for entry in self.path.iterdir():
            if entry.name != MARK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


class Tape:
    """The time of a replay. The engine sees it move from turn to turn; log-ins never see it."""

    def __init__(self, first_us: int, last_us: int) -> None:
        self.first_us, self.last_us = first_us, last_us
        self.at_us = self.shown_us = first_us

    def now(self) -> Now:
        """Recorded time, wall and monotonic alike: for the rooms."""
        return Now(at_us=self.at_us, mono_us=self.at_us - self.first_us + SECOND_US)

    def shown(self) -> Now:
        """The time of the turn shown over real monotonic time: for pages, which must notice an engine that stops."""
        return Now(at_us=self.shown_us, mono_us=clock.now().mono_us)

    def forward(self, step_us: int) -> bool:
        """Move on by a step; False, without moving, at the end."""
        if self.at_us >= self.last_us:
            return False
        self.at_us = min(self.at_us + step_us, self.last_us)
        return True


class _Desk(DeskClient):
    """The desk as pages see it: each turn that comes sets the time that they show."""

    def __init__(self, path: Path, tape: Tape) -> None:
        super().__init__(path)
        self._tape = tape

    async def follow(self) -> AsyncIterator[Live]:
        """Each turn, the time shown set to its own."""
        async for live in super().follow():
            self._tape.shown_us = live.at_us
            yield live


class Recorded(Newest):
    """The newest turn of a replay: marked RECORDED, never live."""

    def __init__(self, version: str, started: Now, found: tuple[str, ...], words: str) -> None:
        super().__init__(version, started, found)
        self._words = words
        self._shown: Live | None = None

    def report(self, *arguments: Any, **named: Any) -> EngineHealth:
        """The health of a turn, as the engine has it, and never live."""
        return self._never_live(super().report(*arguments, **named))

    def health(self, now: Now) -> EngineHealth:
        """The health as of now, never live."""
        return self._never_live(super().health(now))

    async def publish(self, live: Live) -> None:
        """Make a turn the newest, marked RECORDED."""
        self._shown = msgspec.structs.replace(live, recorded=True)
        await super().publish(self._shown)

    async def repeat(self) -> None:
        """Show the last turn again, so that pages know that we are here."""
        if self._shown is not None:
            self._shown = msgspec.structs.replace(self._shown, turn=self._shown.turn + 1)
            await super().publish(self._shown)

    def _never_live(self, health: EngineHealth) -> EngineHealth:
        return msgspec.structs.replace(health, live=False, reasons=(self._words, *health.reasons))


class _OnRealTime:
    """A vault whose every time is the real one: a session lasts as long as its person sits there."""

    def __init__(self, vault: AccountVault) -> None:
        self._vault = vault

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._vault, name)
        if not callable(found) or "now_us" not in (signature := inspect.signature(found)).parameters:
            return found

        def called(*arguments: Any, **named: Any) -> Any:
            bound = signature.bind(*arguments, **named)
            bound.arguments["now_us"] = clock.now().at_us
            return found(*bound.args, **bound.kwargs)

        return called


def replay(
    path: Path,
    mapping: Path | None,
    *,
    data: Path | None,
    port: int,
    speed: float,
    voice: Voice,
    tell: Tell = untold,
) -> int:
    """Replay a recording until it is stopped; the exit code.

    Raises Refused for a recording, mapping, speed or folder that will not do, Conflict when port or folder is taken.
    """
    if not SPEED_MIN <= speed <= SPEED_MAX:
        raise Refused(f"speed {speed:g}", where="--speed", remedy=f"{SPEED_MIN:g} to {SPEED_MAX:g} times")
    require_free(Listening(HOST, port, None, ()))
    recording, text = loaded(path, mapping, tell)
    if len(recording.tracks) > TRACKS_MAX:
        raise Refused(f"{len(recording.tracks)} batteries", where=str(path), remedy=f"at most {TRACKS_MAX}")
    if mapping is None:
        voice.say("The mapping is a guess; see it with `ironkeep analyse`.")
    with ExitStack() as kept:
        place = data or Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="ironkeep-replay-"))) / "data"
        folder = ReplayFolder(place)
        folder.open()
        asyncio.run(_serve(folder, recording, text, port, speed, voice, tell))
    return 0


def site_of(recording: Recording) -> Site:
    """The site of a recording: one bank a track, each behind a device of its own that is nothing but the file."""
    ids = _ids(recording.tracks)
    intake = recording.intake
    assets = tuple(
        Asset(id=name, kind=AssetKind.BANK, name=f"RECORDED: {track.asset}"[:80])
        for name, track in zip(ids, recording.tracks, strict=True)
    )
    devices = tuple(
        Device(
            id=DeviceId(f"{name}-recording"),
            asset=name,
            protocol=PROTOCOL,
            host="recording",
            port=number,
            maps=(),
        )
        for number, name in enumerate(ids, 1)
    )
    return Site(
        id=SiteId(f"recording-{intake.digest[:8]}"),
        name=f"RECORDED: {intake.name}"[:80],
        assets=assets,
        devices=devices,
    )


def _ids(tracks: tuple[Track, ...]) -> list[AssetId]:
    """An id for each track: its name in the letters of ids, made different where two become alike."""
    found: list[AssetId] = []
    for number, track in enumerate(tracks, 1):
        slug = re.sub(r"[^a-z0-9]+", "-", track.asset.lower()).strip("-")[:40] or f"battery-{number}"
        slug = slug if slug[0].isalpha() else f"bank-{slug}"
        found.append(AssetId(slug if slug not in found else f"{slug}-{number}"))
    return found


def pace(recording: Recording, speed: float) -> tuple[int, bool]:
    """The step of recorded time from turn to turn in microseconds, and whether every row gets a turn of its own."""
    steps = [_median_step_us(track) for track in recording.tracks if track.at_us.size > 1]
    cadence_us = min(steps, default=SECOND_US)
    least_us = int(speed / TURNS_PER_S_MAX * SECOND_US)
    return max(cadence_us, least_us, SECOND_US // 10), cadence_us >= least_us


def _median_step_us(track: Track) -> int:
    steps = track.at_us[1:] - track.at_us[:-1]
    return int(sorted(steps[:100_000].tolist())[min(steps.size, 100_000) // 2]) if steps.size else 0


async def _serve(
    folder: ReplayFolder, recording: Recording, text: str, port: int, speed: float, voice: Voice, tell: Tell
) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    site = site_of(recording)
    first_us = min(int(track.at_us[0]) for track in recording.tracks)
    tape = Tape(first_us, max(int(track.at_us[-1]) for track in recording.tracks))
    words = f"RECORDED: {recording.intake.name}, {speed:g} times as fast; never live"
    chosen = _patient(policies(site), recording)
    newest = Recorded(__version__, tape.now(), (words,), words)
    parts = open_parts(folder, site, chosen, HistoryPolicy(), tape.now, lambda _: newest)
    await parts.door.start()
    await parts.scribe.commit(_first(site, recording, text, words, parts.store.described, parts.blobs), tape.now())
    heart = parts.heart((RecordingReader(site.devices, recording.tracks, recording.intake),))
    vault = AccountVault(folder.vault)
    server = server_of(create_app(_sources(folder, site, tape, vault)), Listening(HOST, port, None, ()))
    address = f"http://{HOST}:{port}"
    link = enrolment_link(folder.vault, address) or ""
    voice.up(Up(address, link, site.id, folder.path, recorded=f"{recording.intake.name}, {speed:g} times as fast"))
    turns = _play(heart, tape, newest, recording, speed, voice, tell)
    await parts.work({"turns": turns, "console": _pages(server)}, stopping, heart)
    vault.shut()


async def _pages(server: Server) -> None:
    """Serve the console until cancelled, and end it in order."""
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await serving


def _patient(chosen: Policies, recording: Recording) -> Policies:
    """The policies of any site, but for the silence after which a device is lost: a recording has its own pace."""
    longest_us = max(_median_step_us(track) for track in recording.tracks)
    wait_s = max(chosen.telemetry.lost_after_s, AGE_LIMIT_PERIODS * longest_us / SECOND_US)
    telemetry = msgspec.structs.replace(chosen.telemetry, lost_after_s=wait_s)
    return replace(chosen, telemetry=telemetry)


def _first(site: Site, recording: Recording, text: str, words: str, store: str, blobs: FileBlobs) -> list[Draft]:
    """What the spine of a replay begins with: what it is, and by which mapping."""
    started = EngineStarted(version=__version__, store=store, found=(words,), facts_before=0, clean=True)
    declared = SiteDeclared(
        site=site.id,
        name=site.name,
        digest=blobs.put(text.encode()),
        assets=len(site.assets),
        devices=len(site.devices),
        simulated=False,
    )
    return [Draft(started, actor="engine"), Draft(declared, actor="engine")]


def _sources(folder: ReplayFolder, site: Site, tape: Tape, vault: AccountVault) -> Sources:
    return Sources(
        desk=_Desk(folder.desk, tape),
        facts=open_reader(folder.spine),
        history=open_history_reader(folder.history),
        stage=None,
        vault=cast(Vault, _OnRealTime(vault)),
        site=site,
        clock=tape.shown,
        blobs=FileBlobs(folder.blobs),
        access=access_pack.shipped(),
        looks=looks(alarm_pack.shipped()),
        never_wait=frozenset(rule.id for rule in alarm_pack.shipped() if not rule.may_wait),
    )


async def _play(
    heart: Heartbeat, tape: Tape, newest: Recorded, recording: Recording, speed: float, voice: Voice, tell: Tell
) -> None:
    """Turn after turn through the recording, then keep showing its end."""
    step_us, whole = pace(recording, speed)
    if not whole:
        voice.say(f"At this speed only one row in every {step_us / SECOND_US:g} s of recorded time gets a turn.")
    due_us = clock.now().mono_us
    await heart.once()
    whole_s = (tape.last_us - tape.first_us) // SECOND_US
    while tape.forward(step_us):
        tell("recorded seconds played", (tape.at_us - tape.first_us) // SECOND_US, whole_s)
        due_us += int(step_us / speed)
        while (wait_us := due_us - clock.now().mono_us) > 0:
            await asyncio.sleep(min(wait_us / SECOND_US, SHOWN_EVERY_S))
            if due_us - clock.now().mono_us > 0:
                await newest.repeat()
        due_us = max(due_us, clock.now().mono_us - SECOND_US)  # late: do not hurry after lost turns
        await heart.once()
    tell("recorded seconds played", whole_s, whole_s)
    voice.say(f"The recording ended at {rfc3339(tape.last_us, digits=0)}. Its last rows stay on show; Ctrl-C ends.")
    while True:
        await asyncio.sleep(SHOWN_EVERY_S)
        await newest.repeat()
