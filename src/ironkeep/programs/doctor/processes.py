"""What runs on the data folder: does the engine answer, does it turn, does the console answer, is there a twin?"""

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Final

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Ailment, Gravity
from ironkeep.model.errors import Trouble
from ironkeep.model.live import EngineHealth
from ironkeep.ports.facts import FactQuery
from ironkeep.programs.doctor.machine import HOST, port_free
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.site import read_ports

ANSWER_S: Final = 5.0
TURN_WATCH_S: Final = 2.5  # two turns and a little
WORD_BYTES_MAX: Final = 500
NAMED_MAX: Final = 5  # devices that are named where more are silent


async def engine(folder: DataFolder, *, held: bool) -> list[Ailment]:
    """Does the engine answer, and does it take turns?"""
    where = str(folder.desk)
    first = await _health(folder)
    if first is None:
        if not held:
            return [Ailment(Gravity.WARN, "no engine runs on this folder", where, "start it: `ironkeep run`")]
        what = "`ironkeep run` holds the folder, but its engine does not answer"
        return [Ailment(Gravity.BAD, what, where, "look at what `ironkeep run` prints; it starts a dead engine again")]
    await asyncio.sleep(TURN_WATCH_S)
    second = await _health(folder)
    if second is None or second.turn == first.turn:
        what = f"the engine answers but has taken no turn for {TURN_WATCH_S:g} s (turn {first.turn})"
        return [Ailment(Gravity.BAD, what, where, "restart it; is the machine overloaded or its disk stuck?")]
    return list(_fares(second, where))


def _fares(health: EngineHealth, where: str) -> Iterator[Ailment]:
    for room in health.rooms_failed:
        yield Ailment(Gravity.BAD, f"a part of the engine failed: {room}", where, "see the diagnostics page")
    if not health.live:
        what = "no live data: " + "; ".join(health.reasons)
        yield Ailment(Gravity.BAD, what, where, "see the links on the diagnostics page")
    elif health.devices_up < health.devices:
        what = f"{health.devices - health.devices_up} of {health.devices} devices do not answer"
        yield Ailment(Gravity.WARN, what, where, "see the links on the diagnostics page")
    else:
        what = f"the engine takes its turns (turn {health.turn}, p99 {health.turn_p99_ms} ms), all devices answer"
        yield Ailment(Gravity.GOOD, what, where)


async def _health(folder: DataFolder) -> EngineHealth | None:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await DeskClient(folder.desk).health()
    except (Trouble, TimeoutError):
        return None


def console(port: int, *, held: bool) -> Iterator[Ailment]:
    """Does the console answer, or could it listen?"""
    where = f"{HOST}:{port}"
    if port_free(port):
        if held:
            what = "nothing listens there, though `ironkeep run` holds the folder"
            yield Ailment(Gravity.WARN, what, where, "name its port with --port; else see what `ironkeep run` prints")
        else:
            yield Ailment(Gravity.GOOD, "the port is free for the console", where)
        return
    status, words = _page(port)
    if status == 200:
        yield Ailment(Gravity.GOOD, "the console answers, live data flow", where)
    elif status == 503:
        yield Ailment(Gravity.WARN, f"the console answers: {words}", where, "see what is said of the engine")
    else:
        yield Ailment(Gravity.BAD, "something else listens there", where, "stop it, or run with another --port")


def _page(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=ANSWER_S) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read(WORD_BYTES_MAX).decode(errors="replace").strip()
    except (OSError, ValueError):
        return 0, ""


def twin(folder: DataFolder) -> Iterator[Ailment]:
    """Is a twin there where the site is a real one, and does it listen on every port that it names? Looked at without
    a connection, which a device might count.
    """
    if not folder.stage.exists() or not _answers(folder):
        return
    if _simulated(folder):
        yield Ailment(Gravity.GOOD, "the twin runs beside a demo site", str(folder.stage))
        yield _listening(folder)
    else:
        what = "a twin runs beside a site that is not simulated: its devices do not exist"
        yield Ailment(Gravity.BAD, what, str(folder.stage), "stop it: a twin belongs to the demo alone")


def _listening(folder: DataFolder) -> Ailment:
    """Whether something listens on each port of the twin."""
    where = str(folder.ports)
    try:
        ports = read_ports(folder.ports)
    except Trouble as exc:
        return Ailment(Gravity.WARN, exc.what, where, "start the demo again: `ironkeep run`")
    silent = sorted(name for name, port in ports.items() if port_free(port))
    if not silent:
        return Ailment(Gravity.GOOD, f"something listens on each of the twin's {len(ports)} ports", where)
    what = f"nothing listens on {len(silent)} of the twin's {len(ports)} ports: {', '.join(silent[:NAMED_MAX])}"
    return Ailment(Gravity.BAD, what, where, "start the demo again: `ironkeep run`")


def _answers(folder: DataFolder) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_S)
        try:
            probe.connect(str(folder.stage))
        except OSError:
            return False
    return True


def _simulated(folder: DataFolder) -> bool:
    """Does the newest declaration say that the site is simulated? Not without one."""
    try:
        reader = open_reader(folder.spine)
    except Trouble:
        return False
    try:
        found = reader.find(FactQuery(kinds=("SiteDeclared",), limit=1, newest_first=True))
        return bool(found and found[0].body["simulated"])
    finally:
        reader.close()
