"""The record: can it be read, are its newest facts as they were signed, did the clock jump, how did the engine stop?"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.keys.files.config import PUBLIC_FILE
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Ailment, Gravity
from ironkeep.facts import checkpoint, note
from ironkeep.facts.tree import leaf_hash, verify_inclusion
from ironkeep.model.errors import Trouble, Untrusted
from ironkeep.model.time import SECOND_US, age_text, rfc3339
from ironkeep.ports.facts import FactQuery, FactReader
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.signature import is_signature

NEWEST: Final = 200  # facts that are checked against the signed tree
JUMPS_DAYS: Final = 7
DAY_US: Final = 86_400 * SECOND_US


def keeping(folder: DataFolder) -> HistoryPolicy:
    """How long this site keeps telemetry: as its record says that it adopted it, else as the product ships it."""
    try:
        reader = open_reader(folder.spine)
    except Trouble:
        return HistoryPolicy()
    try:
        adopted = [
            fact for fact in reader.find(FactQuery(kinds=("PolicyAdopted",))) if fact.body["policy"] == "history"
        ]
        if not adopted or not folder.blobs.exists():  # looking at blobs would make their folder
            return HistoryPolicy()
        return msgspec.json.decode(FileBlobs(folder.blobs).get(adopted[-1].body["digest"]), type=HistoryPolicy)
    except (Trouble, msgspec.ValidationError):
        return HistoryPolicy()
    finally:
        reader.close()


def look(folder: DataFolder, now_us: int) -> Iterator[Ailment]:
    """Everything about the record."""
    where = str(folder.spine)
    if not folder.spine.exists():
        yield Ailment(Gravity.WARN, "there is no record yet", where, "start the site: `ironkeep run`")
        return
    try:
        reader = open_reader(folder.spine)
    except Trouble as exc:
        yield Ailment(Gravity.BAD, f"the record cannot be read: {exc.what}", where, exc.remedy or "restore a backup")
        return
    try:
        yield from _proved(reader, folder, where)
        yield from _jumps(reader, where, now_us)
        yield from _age(reader, where, now_us)
    except Trouble as exc:
        yield Ailment(Gravity.BAD, f"the record is not whole: {exc.what}", where, f"ironkeep verify {folder.path}")
    finally:
        reader.close()


def _proved(reader: FactReader, folder: DataFolder, where: str) -> Iterator[Ailment]:
    """Are the newest facts those that were signed?"""
    signed = reader.checkpoint()
    if not signed:
        yield Ailment(Gravity.WARN, "nothing is signed yet", where, "start the site: `ironkeep run`")
        return
    try:
        key = note.parse_verifier_key((folder.keys / PUBLIC_FILE).read_text().strip())
        head = checkpoint.opened(signed, (key,), is_signature)
        first = max(0, head.size - NEWEST)
        for seq, entry in enumerate(reader.entries(first, head.size), first):
            verify_inclusion(leaf_hash(entry), seq, head.size, reader.inclusion(seq, head.size), head.root)
    except OSError as exc:
        yield Ailment(Gravity.BAD, f"there is no verifier key: {exc.strerror}", str(folder.keys), "bring it back")
        return
    except Untrusted as exc:
        what = f"the newest facts are not as they were signed: {exc.what}"
        yield Ailment(Gravity.BAD, what, where, f"keep a copy, then: ironkeep verify {folder.path}")
        return
    what = f"{head.size} facts; the newest {head.size - first} stand under a signature that is right"
    yield Ailment(Gravity.GOOD, what, where)


def _jumps(reader: FactReader, where: str, now_us: int) -> Iterator[Ailment]:
    query = FactQuery(kinds=("ClockJumped",), since_us=now_us - JUMPS_DAYS * DAY_US, limit=100, newest_first=True)
    if jumps := reader.find(query):
        last = jumps[0]
        what = f"the clock jumped {len(jumps)} times in {JUMPS_DAYS} days, last by {last.body['step_ms']} ms"
        yield Ailment(Gravity.WARN, what, f"{where}: fact {last.seq}", "find out who steps it; let it be slewed")


def _age(reader: FactReader, where: str, now_us: int) -> Iterator[Ailment]:
    """How old the newest fact is, and whether the last stop was in order."""
    newest = reader.find(FactQuery(limit=1, newest_first=True))
    if newest and newest[0].at > now_us + SECOND_US:
        what = f"the newest fact is from {rfc3339(newest[0].at, digits=0)}, which is still to come"
        yield Ailment(Gravity.BAD, what, f"{where}: fact {newest[0].seq}", "set the clock of this machine right")
    elif newest:
        what = f"the newest fact is {age_text(now_us - newest[0].at)} old ({newest[0].kind})"
        yield Ailment(Gravity.GOOD, what, f"{where}: fact {newest[0].seq}")
    failed = reader.find(FactQuery(kinds=("RoomFailed", "RoomRecovered"), limit=1, newest_first=True))
    if failed and failed[0].kind == "RoomFailed":
        what = f"the decision room {failed[0].body['room']} broke and did not recover"
        yield Ailment(Gravity.BAD, what, f"{where}: fact {failed[0].seq}", "restart; report the fact to the makers")
