"""Replies that do not answer their request: every kind is refused and counted, and no value of one is ever shown."""

import struct

import numpy as np
import pytest

from ironkeep.model.link import LinkState, ReplyFault
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.modbus.watch import device, soc, watching

FORGED = 999


def battery(soc_raw: int) -> tuple[int, ...]:
    words = [0] * 62
    words[9] = soc_raw
    return (802, 62, *words)


UNIT = {1: image(common(), battery(50))}


def forged(asked) -> bytes:
    """The right reply's shape, with other registers."""
    return bytes([asked.function, 2 * asked.count]) + struct.pack(">H", FORGED) * asked.count


LIES = {
    "wrong transaction id": (
        lambda a: [a.frame(transaction=(a.transaction + 7) & 0xFFFF, pdu=forged(a))],
        "TRANSACTION_ID",
    ),
    "wrong unit id": (lambda a: [a.frame(unit=a.unit + 1, pdu=forged(a))], "UNIT"),
    "protocol id 5": (lambda a: [a.frame(protocol=5, pdu=forged(a))], "PROTOCOL_ID"),
    "transaction id 0": (lambda a: [a.frame(transaction=0, pdu=forged(a))], "TRANSACTION_ID"),
    "function 4 for 3": (lambda a: [a.frame(pdu=bytes([4]) + forged(a)[1:])], "FUNCTION"),
    "one register too few": (
        lambda a: [a.frame(pdu=bytes([a.function, 2 * a.count - 2]) + forged(a)[2:-2])],
        "BYTE_COUNT",
    ),
}


@pytest.mark.parametrize("name", list(LIES))
def test_a_lie_is_refused_counted_and_never_shown(name, run):
    mangle, fault = LIES[name]

    async def story():
        async with Plant(UNIT) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            plant.mangle[1] = mangle
            await watch.until(lambda: watch.link().faults.get(ReplyFault[fault].value, 0) >= 2)
            assert soc(watch) in (50.0, None)
            assert watch.link().state is LinkState.DOWN
            await watch.until(lambda: soc(watch) is None)
            plant.mangle.clear()
            await watch.until(lambda: soc(watch) == 50.0)
            assert watch.link().state is LinkState.UP
            assert set(watch.link().faults) <= {ReplyFault[fault].value, "late", "duplicate"}

    run(story())


def test_a_replayed_first_reply_is_a_duplicate_and_never_the_answer_to_another_read(run):
    first: list[bytes] = []

    def replay(asked):
        first.append(asked.right)
        return [first[0]]

    async def story():
        async with Plant(UNIT) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            plant.mangle[1] = replay
            await watch.until(lambda: watch.link().faults.get("duplicate", 0) >= 1)
            plant.mangle.clear()
            await watch.until(lambda: watch.link().state is LinkState.UP and soc(watch) == 50.0)

    run(story())


def test_a_late_reply_is_counted_late_and_never_taken_for_the_next_request(run):
    held: list[bytes] = []

    def one_behind(asked):
        held.append(asked.frame(pdu=forged(asked)))
        return [held.pop(0)] if len(held) > 1 else []

    async def story():
        async with Plant(UNIT) as plant, watching(device(plant, timeout_s=0.1)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            plant.mangle[1] = one_behind
            await watch.until(lambda: watch.link().faults.get("late", 0) >= 1)
            assert watch.link().timeouts >= 1
            assert soc(watch) in (50.0, None)
            plant.mangle.clear()
            await watch.until(lambda: soc(watch) == 50.0 and watch.link().state is LinkState.UP)

    run(story())


def test_every_reply_sent_twice_is_counted_and_the_values_stay_right(run):
    async def story():
        async with Plant(UNIT) as plant, watching(device(plant)) as watch:
            plant.mangle[1] = lambda asked: [asked.right, asked.right]
            await watch.until(lambda: soc(watch) == 50.0 and watch.link().faults.get("duplicate", 0) >= 3)
            assert plant.connections >= 1

    run(story())


def test_bytes_that_nobody_asked_for_are_counted(run):
    async def story():
        async with Plant(UNIT) as plant, watching(device(plant)) as watch:
            plant.mangle[1] = lambda asked: [asked.right + asked.frame(transaction=40_000 + asked.transaction)]
            await watch.until(
                lambda: sum(watch.link().faults.get(each, 0) for each in ("unasked", "transaction id")) >= 3
            )

    run(story())


def test_a_length_that_cannot_be_closes_the_connection_which_is_opened_anew(run):
    async def story():
        async with Plant(UNIT) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            before = plant.connections
            plant.mangle[1] = lambda asked: [asked.frame(length=60_000)]
            await watch.until(lambda: watch.link().faults.get("length field", 0) >= 1)
            plant.mangle.clear()
            await watch.until(lambda: plant.connections > before and soc(watch) == 50.0)

    run(story())


def test_random_bytes_for_replies_never_end_the_reader_or_show_a_value(run, rng: np.random.Generator):
    async def story():
        async with Plant(UNIT) as plant, watching(device(plant, timeout_s=0.05)) as watch:
            plant.mangle[1] = lambda asked: [rng.bytes(int(rng.integers(1, 300)))]
            await watch.until(lambda: sum(watch.link().faults.values()) >= 5 and plant.connections >= 2)
            assert soc(watch) is None
            assert not watch.ended

    run(story())
