"""`ironkeep doctor`: what is wrong with this machine and this data folder, in plain words, worst first.

Rules. It changes nothing and asks no equipment. Every finding names its place, and every one that is not good what
would mend it. A look that fails itself is told as bad, never passed over.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from ironkeep.faces.cli.wiring import Ailment, Gravity, Tell, untold
from ironkeep.programs import clock
from ironkeep.programs.doctor import certificate, data, files, machine, processes, record, taps
from ironkeep.programs.folder import DataFolder

Look = Callable[[], Iterable[Ailment]]


def examine(path: Path, port: int, program: Look = files.installed, *, tell: Tell = untold) -> tuple[Ailment, ...]:
    """Everything that was looked at, worst first; what is equally bad stays in the order of the looks. `program` looks
    at the program's own files, which takes seconds.
    """
    folder = DataFolder(path)
    held = data.held(folder)
    looks: list[tuple[str, Look]] = [
        ("the folder", lambda: data.ownership(folder)),
        ("secrets", lambda: data.secrets(folder)),
        ("the record", lambda: record.look(folder, clock.now().at_us)),
        ("the engine", lambda: asyncio.run(processes.engine(folder, held=held))),
        ("the console", lambda: _console(folder, port, held=held)),
        ("the twin", lambda: processes.twin(folder)),
        ("taps", lambda: taps.look(folder)),
        ("disk and history", lambda: data.room(folder, record.keeping(folder)) if folder.path.exists() else ()),
        ("what was left behind", lambda: data.leftovers(folder, running=held)),
        ("clocks", lambda: asyncio.run(machine.clocks())),
        ("Python", machine.python),
        ("packages", machine.packages),
        ("the program's files", program),
    ]
    found: list[Ailment] = []
    for number, (what, look) in enumerate(looks):
        tell(f"looking at {what}", number, len(looks))
        found += _looked(what, look)
    order = list(Gravity)
    return tuple(sorted(found, key=lambda ailment: order.index(ailment.gravity)))


def _console(folder: DataFolder, port: int, *, held: bool) -> Iterable[Ailment]:
    if certificate.served_over_tls(folder):
        return certificate.look(folder, held=held)
    return processes.console(port, held=held)


def _looked(what: str, look: Look) -> list[Ailment]:
    try:
        return list(look())
    except OSError as exc:
        where = str(exc.filename or what)
        return [Ailment(Gravity.BAD, f"{what} cannot be looked at: {exc.strerror}", where, "check who may read it")]
