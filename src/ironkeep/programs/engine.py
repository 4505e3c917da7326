"""The engine process: it wires readers, spine, history and desk, rebuilds what it knew, and turns until it is told to
stop.

It is the only writer of the spine. Killed at any moment, the next start says in plain words what it found and goes on.
"""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from ironkeep import __version__
from ironkeep.adapters.equipment.modbus import adapter as modbus
from ironkeep.adapters.equipment.nut import adapter as nut
from ironkeep.adapters.equipment.nut.config import read_servers
from ironkeep.adapters.equipment.passive.adapter import PassiveReader
from ironkeep.codecs.definition import Knowledge
from ironkeep.engine.health import Newest
from ironkeep.engine.rebuild import SNAPSHOT_EVERY, save
from ironkeep.facts.engine import EngineStarted
from ironkeep.facts.envelope import Draft
from ironkeep.facts.policy import PolicyAdopted
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.site import Site
from ironkeep.packs.equipment.library import knowledge, require
from ironkeep.packs.nut.read import shipped as variables
from ironkeep.ports.blobs import BlobStore
from ironkeep.ports.facts import FactQuery, FactReader
from ironkeep.ports.history import HistoryPolicy
from ironkeep.ports.reader import Reader
from ironkeep.programs import chance, clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.parts import Parts, open_parts
from ironkeep.programs.policies import policies, policy_texts
from ironkeep.programs.site import Declaration, declaration

RECALLED_FACTS = 20_000  # newest facts searched for answers to repeated request ids
LOOK_S = 5.0  # how often it is looked whether a snapshot is due


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
    chosen, keeping = policies(site), HistoryPolicy()
    parts = open_parts(folder, site, chosen, keeping, clock.now, lambda found: Newest(__version__, clock.now(), found))
    store, scribe = parts.store, parts.scribe
    facts_before = store.size()
    parts.desk.recall(store.find(FactQuery(first_seq=max(0, facts_before - RECALLED_FACTS), limit=RECALLED_FACTS)))
    await parts.door.start()
    started = EngineStarted(
        version=__version__, store=store.described, found=parts.found, facts_before=facts_before, clean=store.clean
    )
    texts = {**policy_texts(chosen), "history": msgspec.json.encode(keeping, order="sorted")}
    drafts = [Draft(started, actor="engine"), *_declared(store, parts.blobs, declared, texts)]
    await scribe.commit(drafts, clock.now())
    readers = _readers(site, folder, known)
    heart = parts.heart(readers)
    tasks = {"heartbeat": heart.run(), "snapshots": _snapshots(parts)}
    await parts.work({**tasks, **{type(reader).__name__: reader.run() for reader in readers}}, stopping, heart)


def _readers(site: Site, folder: DataFolder, known: Knowledge) -> tuple[Reader, ...]:
    """One reader for what is listened to, one for each protocol that the site has devices of, or one of nothing."""
    readers: list[Reader] = []
    if any(device.tap for device in site.devices):
        readers.append(PassiveReader(site.devices, known, clock.now))
    if any(device.protocol == nut.PROTOCOL for device in site.devices):
        servers = read_servers(folder.nut)
        readers.append(nut.NutReader(site.devices, variables(), servers, clock.now, chance.generator()))
    if not readers or any(device.protocol == modbus.PROTOCOL and not device.tap for device in site.devices):
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


async def _snapshots(parts: Parts) -> None:
    """Keep a snapshot of the folds whenever it would save the next start so many facts."""
    saved = parts.remembered
    while True:
        await asyncio.sleep(LOOK_S)
        if parts.scribe.size - saved >= SNAPSHOT_EVERY:
            saved = parts.scribe.size
            save(parts.rooms, parts.snapshots, saved)
