"""The engine process: it wires readers, spine, history and desk, rebuilds what it knew, and turns until it is told to
stop.

It is the only writer of the spine. Killed at any moment, the next start says in plain words what it found and goes on.
"""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog
import uvloop

from ironkeep import __version__
from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskServer
from ironkeep.adapters.equipment.modbus import adapter as modbus
from ironkeep.adapters.equipment.nut import adapter as nut
from ironkeep.adapters.equipment.nut.config import read_servers
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.history.adapter import open_history
from ironkeep.adapters.stores.sqlite.adapter import open_reader, open_store
from ironkeep.adapters.stores.sqlite.snapshots import open_snapshots
from ironkeep.codecs.definition import Knowledge
from ironkeep.engine.desk import EngineDesk
from ironkeep.engine.health import Newest
from ironkeep.engine.heartbeat import Heartbeat
from ironkeep.engine.rebuild import SNAPSHOT_EVERY, rebuild, save
from ironkeep.engine.scribe import Scribe
from ironkeep.engine.shelf import Shelf
from ironkeep.engine.turn import Rooms
from ironkeep.facts.engine import EngineStarted, EngineStopped
from ironkeep.facts.envelope import Draft
from ironkeep.facts.policy import PolicyAdopted
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.errors import Unavailable
from ironkeep.model.site import Site
from ironkeep.packs.equipment.library import knowledge, require
from ironkeep.packs.nut.read import shipped as variables
from ironkeep.ports.blobs import BlobStore
from ironkeep.ports.facts import FactQuery, FactReader, SnapshotStore
from ironkeep.ports.history import HistoryPolicy
from ironkeep.ports.reader import Reader
from ironkeep.programs import chance, clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.site import Declaration, declaration, policies, policy_texts

RECALLED_FACTS = 20_000  # newest facts searched for answers to repeated request ids
LOOK_S = 5.0  # how often it is looked whether a snapshot is due

_log = structlog.get_logger("engine")


def serve(folder: DataFolder, site_path: Path) -> int:
    """Be the engine until SIGINT or SIGTERM; the exit code.

    Raises Refused for a wrong site file, Conflict when another engine holds the folder, Unavailable when it cannot
    write.
    """
    folder.prepare()
    uvloop.run(_serve(folder, declaration(site_path)))  # polling on it costs two thirds (record 0013)
    return 0


async def _serve(folder: DataFolder, declared: Declaration) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    site = declared.site
    known = knowledge()
    require(site.devices, known)
    chosen = policies(site)
    blobs = FileBlobs(folder.blobs)
    store = open_store(folder.spine, open_signer(folder.keys, site.id), site.id)
    snapshots = open_snapshots(folder.snapshots)
    facts_before = store.size()
    rooms = rebuild(store, snapshots, chosen)
    keeping = HistoryPolicy()
    history = open_history(folder.history, keeping, clock.now, open_reader(folder.spine))
    texts = {**policy_texts(chosen), "history": msgspec.json.encode(keeping, order="sorted")}
    found = (*store.found, *history.found)
    for text in found:
        _log.info("found at start", what=text)
    scribe = Scribe(store, rooms)
    newest = Newest(__version__, clock.now(), found)
    shelf = Shelf(blobs)
    desk = EngineDesk(rooms, scribe, newest, clock.now, shelf)
    desk.recall(store.find(FactQuery(first_seq=max(0, facts_before - RECALLED_FACTS), limit=RECALLED_FACTS)))
    server = DeskServer(desk, folder.desk)
    await server.start()
    started = EngineStarted(
        version=__version__, store=store.described, found=found, facts_before=facts_before, clean=store.clean
    )
    drafts = [Draft(started, actor="engine"), *_declared(store, blobs, declared, texts)]
    await scribe.commit(drafts, clock.now())
    readers = _readers(site, folder, known)
    heart = Heartbeat(site, readers, rooms, scribe, history, newest, clock.now, shelf)
    tasks = [asyncio.create_task(work, name=name) for name, work in (("desk", desk.run()), ("heartbeat", heart.run()))]
    tasks += [asyncio.create_task(reader.run(), name=type(reader).__name__) for reader in readers]
    tasks.append(asyncio.create_task(_snapshots(scribe, rooms, snapshots, facts_before), name="snapshots"))
    stop = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stop, *tasks):
        task.cancel()
    await asyncio.gather(stop, *tasks, return_exceptions=True)
    await server.close()
    broken = [task for task in done if task is not stop and task.exception() is not None]
    reason = f"{broken[0].get_name()} broke" if broken else "asked to stop"
    try:
        await scribe.commit([Draft(EngineStopped(reason, heart.turn), actor="engine")], clock.now())
        save(rooms, snapshots, scribe.size)
    except Unavailable as exc:
        _log.warning("the stop could not be written", why=str(exc))
    history.close()
    snapshots.close()
    scribe.close()
    for task in broken:
        await task  # a bug of ours: show it whole and let the supervisor start us again


def _readers(site: Site, folder: DataFolder, known: Knowledge) -> tuple[Reader, ...]:
    """One reader for each protocol that the site has devices of, or one of nothing."""
    readers: list[Reader] = []
    if any(device.protocol == nut.PROTOCOL for device in site.devices):
        servers = read_servers(folder.nut)
        readers.append(nut.NutReader(site.devices, variables(), servers, clock.now, chance.generator()))
    if not readers or any(device.protocol == modbus.PROTOCOL for device in site.devices):
        readers.append(modbus.ModbusReader(site.devices, known, clock.now, chance.generator()))
    return tuple(reversed(readers))


def _declared(reader: FactReader, blobs: BlobStore, declared: Declaration, texts: dict[str, bytes]) -> Sequence[Draft]:
    """The drafts that say which site file and which policies are in force from now on, where they are not already."""
    drafts: list[Draft] = []
    site = declared.site
    last = reader.find(FactQuery(kinds=("SiteDeclared",), limit=1, newest_first=True))
    if not last or last[0].body["digest"] != declared.digest:
        blobs.put(declared.text)
        body = SiteDeclared(
            site=site.id,
            name=site.name,
            digest=declared.digest,
            assets=len(site.assets),
            devices=len(site.devices),
            simulated=site.simulated,
        )
        drafts.append(Draft(body, actor="engine"))
    adopted = {}
    for fact in reader.find(FactQuery(kinds=("PolicyAdopted",))):
        adopted[fact.body["policy"]] = fact.body["digest"]
    for name, text in texts.items():
        digest = blobs.put(text)
        if adopted.get(name) != digest:
            drafts.append(Draft(PolicyAdopted(policy=name, digest=digest, signed_by=""), actor="engine"))
    return drafts


async def _snapshots(scribe: Scribe, rooms: Rooms, snapshots: SnapshotStore, saved: int) -> None:
    """Keep a snapshot of the folds whenever enough facts have come, so that the next start is quick."""
    while True:
        await asyncio.sleep(LOOK_S)
        if scribe.size - saved >= SNAPSHOT_EVERY:
            saved = scribe.size
            save(rooms, snapshots, saved)
