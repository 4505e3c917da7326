"""Imports on their way: from the blob store through the desk into findings, and back out."""

import asyncio
import hashlib

import msgspec
import pytest

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.engine.shelf import RETRY_TURNS, Shelf
from ironkeep.facts.access import AccountEnrolled
from ironkeep.facts.envelope import Draft
from ironkeep.model.ids import RequestId
from ironkeep.model.register import Form, Import, Record
from ironkeep.model.request import Request, RequestKind
from tests.engine.engine_room import engine_room

ARP = Import(Form.ARP, "arp.txt", "f" * 64, (Record("arp.txt:1", {"address": "10.7.0.9", "mac": "aa:bb:cc:00:00:09"}),))
BYTES = msgspec.json.encode(ARP, order="sorted")
DIGEST = hashlib.sha256(BYTES).hexdigest()


def ask(number, kind, subject, **body):
    return Request(RequestId(f"request_{number}"), kind, "person:ada", subject, body)


async def until(room, kind):
    """Turns until the inventory room has said so: an import is read beside the turns, and none waits for it."""
    for _ in range(200):
        await room.seconds(1)
        if any(fact.actor == "room:inventory" for fact in room.facts(kind)):
            return
    raise AssertionError(f"no {kind}")


async def held(shelf, *digests):
    """What the shelf holds once it has read what it can."""
    for _ in range(200):
        found = shelf.hold(digests)
        if len(found) == len(digests) or shelf.trouble:
            return found
        await asyncio.sleep(0.005)
    raise AssertionError("nothing was read")


def test_an_import_is_taken_found_in_and_taken_back_and_its_finding_goes_with_it(tmp_path):
    async def story():
        async with engine_room(tmp_path) as room:
            await room.scribe.commit([Draft(AccountEnrolled("ada", "engineer"), "console")], room.clock())
            refused = await room.desk.ask(ask(1, RequestKind.TAKE_IMPORT, DIGEST))
            assert not refused.accepted
            assert "no import lies in the blob store" in refused.reason
            FileBlobs(tmp_path / "blobs").put(BYTES)
            assert (await room.desk.ask(ask(2, RequestKind.TAKE_IMPORT, DIGEST))).accepted
            assert not (await room.desk.ask(ask(3, RequestKind.TAKE_IMPORT, DIGEST))).accepted
            await until(room, "FindingOpened")
            found = [f for f in room.facts("FindingOpened") if f.actor == "room:inventory"]
            assert ["10.7.0.9" in f.body["what"] or "aa:bb:cc" in f.body["what"] for f in found] == [True]
            (taken,) = room.facts("ImportTaken")
            gone = await room.desk.ask(ask(4, RequestKind.WITHDRAW_IMPORT, taken.body["taken"], why="wrong network"))
            assert gone.accepted
            await until(room, "FindingClosed")
            assert [f.body["finding"] for f in room.facts("FindingClosed")] == [found[0].body["finding"]]

    asyncio.run(story())


def test_findings_of_the_register_stay_while_telemetry_turns(tmp_path):
    async def story():
        async with engine_room(tmp_path) as room:
            await room.scribe.commit([Draft(AccountEnrolled("ada", "engineer"), "console")], room.clock())
            FileBlobs(tmp_path / "blobs").put(BYTES)
            await room.desk.ask(ask(1, RequestKind.TAKE_IMPORT, DIGEST))
            await until(room, "FindingOpened")
            await room.seconds(5)
            assert len([f for f in room.facts("FindingOpened") if f.actor == "room:inventory"]) == 1
            assert not [f for f in room.facts("FindingClosed") if f.body["asset"] in ("10.7.0.9", "aa:bb:cc:00:00:09")]

    asyncio.run(story())


@pytest.mark.parametrize("broken", [b"{}", b"not an import", None])
def test_a_blob_that_is_no_import_is_named_every_turn_and_tried_again_after_a_pause(tmp_path, broken):
    async def story():
        blobs = FileBlobs(tmp_path)
        digest = blobs.put(broken) if broken is not None else DIGEST
        shelf = Shelf(blobs)
        assert await held(shelf, digest) == {}
        assert [text.split(":")[0] for text in shelf.trouble] == [f"import {digest[:12]}"]
        assert await shelf.fetch([digest]) == {}
        assert shelf.hold([]) == {}
        assert shelf.trouble == ()
        assert await held(shelf, digest) == {}
        if broken is None:
            blobs.put(BYTES)
            for _ in range(RETRY_TURNS):
                assert shelf.trouble
                assert shelf.hold([digest]) == {}
            assert shelf.hold([digest]) == {}
            assert await held(shelf, digest) == {DIGEST: ARP}
            assert shelf.trouble == ()

    asyncio.run(story())


def test_the_shelf_lets_go_of_what_no_longer_stands(tmp_path):
    async def story():
        blobs = FileBlobs(tmp_path)
        blobs.put(BYTES)
        shelf = Shelf(blobs)
        assert shelf.hold([DIGEST]) == {}
        assert await held(shelf, DIGEST) == {DIGEST: ARP}
        assert shelf.hold([]) == {}
        assert shelf.trouble == ()

    asyncio.run(story())
