"""The embedded default: one site on one machine. It starts the engine, the console and, in the demo, the twin, and
watches them.

Each is a process of its own, so that a console that dies or is flooded changes nothing in the engine. A part that
dies is started again, with growing pauses. When this process ends, however it ends, its parts end too.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Listen, Up, Voice
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.site import Console, Site
from ironkeep.ports.facts import FactQuery
from ironkeep.programs import clock
from ironkeep.programs.enrolment import enrolment_link
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.site import declared, demo_site
from ironkeep.programs.tls.ask import ask
from ironkeep.programs.tls.listening import Listening, chosen, listening, require_free

STOP_S = 10.0  # how long a part may take to end in order before it is killed
ANSWER_S, HEALTHY = 2.0, 200
WAITING_S = 10.0  # after which it is said again why there is no first page yet
READY_S = 60.0  # how long the whole may take to its first page
RESTART_MIN_S, RESTART_MAX_S = 0.5, 30.0
STEADY_S = 60.0  # a part that ran this long starts with the short pause again
LOOK_S = 0.1
CONSOLE_NICE = 10  # pages yield to turns, so that a flood of requests costs the engine no processor
_PR_SET_PDEATHSIG = 1  # linux/prctl.h: the signal a child gets when its parent dies


@dataclass
class Part:
    """One child process: how it is started, and how often it had to be."""

    name: str
    arguments: tuple[str, ...]
    nice: int = 0
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    pause_s: float = RESTART_MIN_S
    due_s: float = 0.0
    restarts: int = field(default=0)

    def start(self) -> None:
        """Start it; it ends with us."""
        self.process = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
            [sys.executable, "-m", "ironkeep", *self.arguments],
            stdin=subprocess.DEVNULL,
            preexec_fn=partial(_begin_child, os.getpid(), self.nice),  # one system call, no locks are held here
            start_new_session=True,  # Ctrl-C reaches us alone; we end the parts in order
        )
        self.started_s = _now_s()

    def look(self, say: Callable[[str], None]) -> None:
        """Start it again when it has died and its pause is over."""
        now = _now_s()
        if self.process is not None and (code := self.process.poll()) is not None:
            if now - self.started_s > STEADY_S:
                self.pause_s = RESTART_MIN_S
            say(f"{self.name} ended ({_why(code)}); starting it again in {self.pause_s:.1f} s")
            self.process = None
            self.due_s = now + self.pause_s
            self.pause_s = min(self.pause_s * 2, RESTART_MAX_S)
            self.restarts += 1
        if self.process is None and now >= self.due_s:
            self.start()

    def stop(self) -> None:
        """End it in order, by force after STOP_S."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process = None


def run(data: Path, *, site: Path | None, listen: Listen, fresh: bool, seed: int, pace: float, voice: Voice) -> int:
    """Run a site until SIGINT or SIGTERM; without `site` it is the demo plant. Returns the exit code.

    Raises Conflict when the port or the folder is taken, Refused for a site file or a certificate that is not right.
    """
    folder = DataFolder(data)
    known = declared(site) if site is not None else None  # every error in it is told before a start
    listen = chosen(listen)  # a console that is started again is where it was
    where = listening(listen, known.console if known else Console(), folder, clock.now().at_us)
    require_free(where)
    folder.open(fresh=fresh)
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _frame: stopping.append(n))
    parts: list[Part] = []
    try:
        if site is None:
            _require_demo(folder)
            folder.ports.unlink(missing_ok=True)
            parts.append(
                Part("twin", ("twin", "serve", "--data", str(folder.path), "--seed", str(seed), "--pace", str(pace)))
            )
            parts[-1].start()
            _wait_for_ports(folder, parts[-1], stopping)
            site = folder.site
            site.write_text(demo_site(folder.ports))
        common = ("--data", str(folder.path), "--site", str(site.resolve()))
        parts.append(Part("engine", ("engine", *common)))
        parts.append(Part("console", ("console", *common, *_told(listen)), nice=CONSOLE_NICE))
        if folder.syslog.exists():
            parts.append(Part("syslog", ("syslog", "serve", "--data", str(folder.path)), nice=CONSOLE_NICE))
        for part in parts:
            if part.process is None:
                part.start()
        _announce(folder, where, known or declared(site), parts, stopping, voice)
        while not stopping:
            for part in parts:
                part.look(voice.say)
            time.sleep(LOOK_S)
        voice.say("stopping")
    finally:
        for part in reversed(parts):
            part.stop()
    return 0


def _require_demo(folder: DataFolder) -> None:
    """Raises Refused for the folder of a site of one's own: the demo plant is not played into its record."""
    if not folder.spine.exists():
        return
    reader = open_reader(folder.spine)
    try:
        last = reader.find(FactQuery(kinds=("SiteDeclared",), limit=1, newest_first=True))
    finally:
        reader.close()
    if last and not last[0].body["simulated"]:
        raise Refused(
            f"the folder holds the record of site {last[0].body['site']!r}, and without a site file the demo would run",
            where=str(folder.path),
            remedy="name the site's file with --site, or another folder for the demo with --data",
        )


def _announce(
    folder: DataFolder, where: Listening, site: Site, parts: list[Part], stopping: list[int], voice: Voice
) -> None:
    """Wait for the first live page, then say the address and, while nobody is enrolled, the one-time link."""
    deadline = _now_s() + READY_S
    reason = "not started yet"
    told_s = _now_s()
    while not stopping:
        for part in parts:
            part.look(voice.say)
        healthy, reason = _healthz(where)
        if healthy or _now_s() > deadline:
            break
        if _now_s() - told_s > WAITING_S:
            voice.say(f"no live data yet: {reason}")
            told_s = _now_s()
        time.sleep(LOOK_S)
    if not stopping:
        link = enrolment_link(folder.vault, where.address) or ""
        voice.up(Up(where.address, link, site.id, folder.path, why=reason))


def _healthz(where: Listening) -> tuple[bool, str]:
    """Whether live data flow, else why not."""
    try:
        status, words = ask(where, "/healthz", ANSWER_S)
    except OSError as exc:
        return False, f"the console does not answer yet ({exc})"
    return status == HEALTHY, "" if status == HEALTHY else words


def _told(listen: Listen) -> tuple[str, ...]:
    """What was asked on our command line, as arguments of the console's."""
    pairs = [("--listen", listen.address), ("--tls-oldest", listen.oldest)]
    pairs += [("--port", str(listen.port or ""))]
    pairs += [("--tls-cert", str(listen.certificate or "")), ("--tls-key", str(listen.key or ""))]
    pairs += [("--name", name) for name in listen.names]
    return tuple(word for pair in pairs if pair[1] for word in pair)


def _wait_for_ports(folder: DataFolder, twin: Part, stopping: list[int]) -> None:
    deadline = _now_s() + READY_S
    while not folder.ports.exists() and not stopping:
        if twin.process is not None and twin.process.poll() is not None:
            raise Unavailable(
                f"the twin ended at once ({_why(twin.process.returncode)})", remedy="its own words stand above"
            )
        if _now_s() > deadline:
            raise Unavailable("the twin did not start in time", remedy="try again on a quieter machine")
        time.sleep(LOOK_S)


def _begin_child(parent: int, nice: int) -> None:
    """In the child, before its program: end with the parent, and yield to the engine where told to."""
    os.nice(nice)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died between fork and here
        os._exit(1)


def _why(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _now_s() -> float:
    return clock.now().mono_us / 1e6
