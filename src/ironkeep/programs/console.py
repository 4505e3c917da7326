"""The console process: it wires the ports for the pages and the API and serves them on loopback alone.

There is no TLS yet, so any address beyond this machine is refused. One process, one worker: what pages share is shared,
and the engine has one follower. Ending it, or flooding it, changes nothing in the engine.
"""

import asyncio
import ipaddress
import signal
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.stages.unix.adapter import StageClient
from ironkeep.adapters.stores.history.adapter import open_history_reader
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.faces.console.app import create_app
from ironkeep.faces.console.sources import Intake, Sources
from ironkeep.model.access import Role
from ironkeep.model.errors import Refused
from ironkeep.model.site import Site
from ironkeep.packs.access import read as access_pack
from ironkeep.packs.checks import read as check_pack
from ironkeep.ports.history import HistoryReader
from ironkeep.programs import clock, intake
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.inventory import lore

HOST = "127.0.0.1"
BACKLOG = 128  # connections waiting to be accepted
SPINE_WAIT_S = 60.0  # how long the console waits for the engine to make the spine
LOOK_S = 0.2


def serve(data: Path, site: Site, port: int, host: str = HOST) -> None:
    """Be the console process until SIGINT or SIGTERM.

    Raises Refused for an address beyond this machine, Unavailable when the vault or the spine cannot be opened.
    """
    require_loopback(host)
    asyncio.run(_serve(DataFolder(data), site, host, port))


def enrolment_link(vault: Path, address: str) -> str:
    """A fresh one-time link for the first account, empty once somebody has one. Raises Unavailable."""
    found = AccountVault(vault)
    try:
        if found.accounts():
            return ""
        return f"{address}/enrol?token={found.invite(Role.ADMIN, clock.now().at_us)}"
    finally:
        found.shut()


def require_loopback(host: str) -> None:
    """Return for an address of this machine. Raises Refused for any other: there is no TLS yet."""
    try:
        fine = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        fine = False
    if not fine:
        raise Refused(
            f"the console does not listen on {host!r}: it has no TLS yet",
            where="host",
            remedy=f"use {HOST}, and reach it from elsewhere through a tunnel of your own",
        )


async def _serve(folder: DataFolder, site: Site, host: str, port: int) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    if not await _spine(folder, stopping):
        return
    vault = AccountVault(folder.vault)
    sources = Sources(
        desk=DeskClient(folder.desk),
        facts=open_reader(folder.spine),
        history=_history(folder),
        stage=StageClient(folder.stage) if site.simulated else None,
        vault=vault,
        site=site,
        clock=clock.now,
        export=lambda: _tiles(folder),
        lore=lore(),
        checks=check_pack.shipped().checks,
        blobs=FileBlobs(folder.blobs),
        intake=Intake(intake.understood_bytes, partial(intake.keep, folder), intake.template),
        access=access_pack.shipped(),
    )
    server = Server(
        create_app(sources),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        log_enabled=False,  # what happens here is told by our own log
    )
    serving = asyncio.create_task(server.serve())
    await asyncio.wait({serving, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    await serving
    vault.shut()


async def _spine(folder: DataFolder, stopping: asyncio.Event) -> bool:
    """Wait until the engine has made the spine; False when told to stop first. After SPINE_WAIT_S opening it says
    why.
    """
    for _ in range(int(SPINE_WAIT_S / LOOK_S)):
        if folder.spine.exists() or stopping.is_set():
            break
        await asyncio.sleep(LOOK_S)
    return not stopping.is_set()


def _history(folder: DataFolder) -> HistoryReader | None:
    return open_history_reader(folder.history)


def _tiles(folder: DataFolder) -> Iterator[tuple[str, bytes]]:
    """The files of the exported record, made in a folder of their own that goes afterwards."""
    from ironkeep.programs.evidence import export

    with tempfile.TemporaryDirectory(prefix="ironkeep-tiles-") as made:
        export(folder.require(), Path(made))
        for path in sorted(Path(made).rglob("*")):
            if path.is_file():
                yield path.relative_to(made).as_posix(), path.read_bytes()
