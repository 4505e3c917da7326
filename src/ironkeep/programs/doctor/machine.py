"""This machine: Python, packages, clock, ports."""

import asyncio
import re
import socket
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Final

from ironkeep.faces.cli.wiring import Ailment, Gravity
from ironkeep.model.time import SECOND_US, ClockQuality, Now, rfc3339
from ironkeep.programs import clock

HOST: Final = "127.0.0.1"
WATCH_S: Final = 0.5  # how long the two clocks are compared
STEP_MAX_US: Final = 100_000  # by which they may differ after that
BUILT_US: Final = 1_767_225_600 * SECOND_US  # 2026-01-01: no clock that is right is before it
PACKAGE: Final = "ironkeep"
_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*)$")
_CLAUSE: Final = re.compile(r"^(>=|<=|==|<|>|!=)\s*([0-9][0-9.]*)")


def python() -> Iterator[Ailment]:
    """Is this Python one that the product was built for?"""
    needed = metadata.metadata(PACKAGE)["Requires-Python"] or ""
    running = ".".join(str(part) for part in sys.version_info[:3])
    if needed and not fits(running, needed):
        what = f"Python {running} is outside {needed}, for which this version was built"
        yield Ailment(Gravity.BAD, what, sys.executable, f"install Ironkeep with a Python {needed}")
    else:
        yield Ailment(Gravity.GOOD, f"Python {running}", sys.executable)


def packages() -> Iterator[Ailment]:
    """Is every package there, in a version that was built against?"""
    needed = metadata.requires(PACKAGE) or []
    wrong = 0
    for text in needed:
        found = _REQUIREMENT.match(text)
        if found is None or ";" in text:
            continue  # an extra, or for another platform
        name, clauses = found[1], found[2].strip()
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong += 1
            yield Ailment(Gravity.BAD, f"the package {name} is missing", name, "install Ironkeep anew")
            continue
        if not fits(there, clauses):
            wrong += 1
            what = f"{name} {there} is not what this version was built against ({clauses})"
            yield Ailment(Gravity.WARN, what, name, "install Ironkeep anew, in an environment of its own")
    if not wrong:
        yield Ailment(Gravity.GOOD, f"{len(needed)} packages in the versions that were built against", sys.prefix)


def fits(version: str, clauses: str) -> bool:
    """Does a version of dotted numbers satisfy clauses such as ">=3.16,<3.17"? Letters behind a number are left out."""
    have = _numbers(version)
    for clause in filter(None, (each.strip() for each in clauses.split(","))):
        found = _CLAUSE.match(clause)
        if found is None:
            continue
        size = max(len(have), len(_numbers(found[2])))
        a, b = (numbers + (0,) * (size - len(numbers)) for numbers in (have, _numbers(found[2])))
        if not {">=": a >= b, "<=": a <= b, "==": a == b, "<": a < b, ">": a > b, "!=": a != b}[found[1]]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


async def clocks() -> list[Ailment]:
    """Do the two clocks go alike, and is the wall clock possible?"""
    before = clock.now()
    await asyncio.sleep(WATCH_S)
    return list(judge_clocks(before, clock.now()))


def judge_clocks(before: Now, after: Now) -> Iterator[Ailment]:
    """What two readings of the clocks, some time apart, say about them."""
    where = "the clock of this machine"
    step_us = (after.at_us - before.at_us) - (after.mono_us - before.mono_us)
    if after.at_us < BUILT_US:
        what = f"it says {rfc3339(after.at_us, digits=0)}, before this product existed"
        yield Ailment(Gravity.BAD, what, where, "set the clock; then start a time source")
    elif abs(step_us) > STEP_MAX_US:
        what = f"it moved {step_us / 1000:.0f} ms against the monotonic clock within {WATCH_S:g} s"
        yield Ailment(Gravity.WARN, what, where, "let a time source slew it instead of stepping it")
    elif after.clock is not ClockQuality.SYNCED:
        what = f"it says {rfc3339(after.at_us, digits=0)}; nothing on this machine vouches for that"
        remedy = "start systemd-timesyncd or chrony; until then every fact carries clock=unknown"
        yield Ailment(Gravity.WARN, what, where, remedy)
    else:
        yield Ailment(Gravity.GOOD, f"it says {rfc3339(after.at_us, digits=0)} and follows a time source", where)


def port_free(port: int) -> bool:
    """Could a console listen there?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
