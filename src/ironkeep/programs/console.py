"""The console process: it wires the ports for the pages and the API and serves them, beyond this machine over TLS.

One process, one worker: what pages share is shared, and the engine has one follower. Ending it, or flooding it, changes
nothing in the engine. When its certificate or key changes on disk and the new pair is fit, it serves anew by that one,
which browsers see as a stream that comes back; a pair that is not fit is said and the old one goes on.
"""

import asyncio
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.stages.unix.adapter import StageClient
from ironkeep.adapters.stores.history.adapter import open_history_reader
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.faces.cli.wiring import Listen
from ironkeep.faces.console.app import create_app
from ironkeep.faces.console.sources import Intake, Sources
from ironkeep.model.errors import Trouble
from ironkeep.model.site import Site
from ironkeep.packs.access import read as access_pack
from ironkeep.packs.alarms import read as alarm_pack
from ironkeep.packs.checks import read as check_pack
from ironkeep.ports.history import HistoryReader
from ironkeep.programs import clock, intake
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.inventory import lore
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.listening import Listening, listening, remember
from ironkeep.programs.tls.pair import days_left, mark_of, pair
from ironkeep.views.alarm_now import looks

log = structlog.get_logger("console")
BACKLOG = 128  # connections waiting to be accepted
CONNECTIONS_MAX = 800  # open at once: all streams and waiting requests, and what strangers hold; below 1,024 files
HEAD_WAIT_MS = 10_000  # a connection on which no whole head of a request comes in this time is closed
SPINE_WAIT_S = 60.0  # how long the console waits for the engine to make the spine
LOOK_S = 0.2
RENEWAL_LOOK_S = 30.0  # between two looks at the certificate's files
HEADERS_BYTES_MAX = 65_536  # of one request over HTTP/2
TLS = {"1.2": SSLProtocols.tls12, "1.3": SSLProtocols.tls13}


def serve(data: Path, site: Site, listen: Listen) -> None:
    """Be the console process until SIGINT or SIGTERM.

    Raises Refused for an address beyond this machine without TLS and for a certificate that is not fit, Unavailable
    when the vault or the spine cannot be opened.
    """
    folder = DataFolder(data)
    asyncio.run(_serve(folder, site, listening(listen, site.console, folder, clock.now().at_us)))


async def _serve(folder: DataFolder, site: Site, where: Listening) -> None:
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
        looks=looks(alarm_pack.shipped()),
        never_wait=frozenset(rule.id for rule in alarm_pack.shipped() if not rule.may_wait),
    )
    remember(folder, where)
    stop, look = asyncio.create_task(stopping.wait()), asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, look.set)
    while not stopping.is_set():
        where = await _serve_by(where, replace(sources, **_face(folder, where)), stop, look)
        if where.pair is not None and not stopping.is_set():
            log.info("the certificate is new", ends_in_days=days_left(where.pair, clock.now().at_us))
    vault.shut()


def server_of(app: Any, where: Listening) -> Server:
    """What serves an application at a place, with bounds on what strangers may hold."""
    pair = where.pair
    return Server(
        app,
        address=where.host,
        port=where.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.auto,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_WAIT_MS),
        http2_settings=HTTP2Settings(max_headers_size=HEADERS_BYTES_MAX),
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS_MAX,
        log_enabled=False,  # what happens here is told by our own log
        ssl_cert=pair.certificate if pair else None,
        ssl_key=pair.key if pair else None,
        ssl_protocol_min=TLS[where.oldest],
    )


async def _serve_by(where: Listening, sources: Sources, stop: asyncio.Task[bool], look: asyncio.Event) -> Listening:
    """Serve until told to stop, or until there is a new certificate: then where to go on by it."""
    app = create_app(sources)
    server = server_of(app, where)
    serving, renewed = asyncio.create_task(server.serve()), asyncio.create_task(_renewed(where, look))
    await asyncio.wait({serving, stop, renewed}, return_when=asyncio.FIRST_COMPLETED)
    found = renewed.result() if renewed.done() else where
    renewed.cancel()
    app.state.streams.close()
    server.stop()  # type: ignore[no-untyped-call]
    await serving
    return found


def _face(folder: DataFolder, where: Listening) -> dict[str, Any]:
    """What the pages know of how they are reached: the names, over TLS or not, and the authority to install."""
    own = where.pair is not None and where.pair.certificate == folder.tls / authority.CERTIFICATE
    given = authority.certificate_of(folder.tls / authority.AUTHORITY).public_bytes(Encoding.DER) if own else b""
    return {"hosts": where.hosts, "secure": where.pair is not None, "authority": given}


async def _renewed(where: Listening, look: asyncio.Event) -> Listening:
    """Wait for another pair in the two files that is fit; the site's own is made anew in time. `look` (SIGHUP) has it
    look at once.
    """
    bad = ""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(look.wait(), RENEWAL_LOOK_S)
        look.clear()
        if where.pair is None:
            continue
        held, now_us = where.pair, clock.now().at_us
        try:
            if held.certificate.parent.name == authority.FOLDER_NAME:
                authority.renewed(held.certificate.parent, now_us)
            mark = mark_of(held.certificate, held.key)
            if mark not in ("", held.mark, bad):
                bad = mark
                return replace(where, pair=pair(held.certificate, held.key, now_us))
        except Trouble as trouble:
            log.error("the certificate on disk is not fit; the old one goes on", trouble=str(trouble))


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
