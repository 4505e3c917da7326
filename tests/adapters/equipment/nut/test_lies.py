"""Answers that do not belong to their question: each is refused and counted, and no value of one is ever shown."""

import pytest

from ironkeep.codecs.nut import LINE_BYTES_MAX, LIST_LINES_MAX
from ironkeep.model.link import LineFault, LinkState
from ironkeep.model.quality import Quality
from tests.adapters.equipment.nut.upsd import ON_LINE, Upsd, listing
from tests.adapters.equipment.nut.watch import device, watching

FORGED = ON_LINE | {"battery.charge": "77"}
RIGHT_SHAPE = listing("ups-1", FORGED)
LIES = {
    "another UPS": (listing("ups-9", FORGED), LineFault.OTHER),
    "another UPS inside": (RIGHT_SHAPE.replace(b"VAR ups-1 ups.load", b"VAR ups-9 ups.load"), LineFault.OTHER),
    "another list": (RIGHT_SHAPE.replace(b"LIST VAR", b"LIST RW"), LineFault.OTHER),
    "an end of something else": (RIGHT_SHAPE.replace(b"END LIST VAR ups-1", b"END LIST VAR ups-9"), LineFault.OTHER),
    "a variable twice": (RIGHT_SHAPE.replace(b"END", b'VAR ups-1 battery.charge "9"\nEND'), LineFault.TWICE),
    "a quote that never closes": (RIGHT_SHAPE.replace(b'"77"', b'"77'), LineFault.MALFORMED),
    "no line break": (b"x" * (LINE_BYTES_MAX + 1), LineFault.TOO_LONG),
    "an endless list": (
        b"BEGIN LIST VAR ups-1\n" + b"".join(b'VAR ups-1 v%d "1"\n' % n for n in range(LIST_LINES_MAX + 1)),
        LineFault.TOO_MANY,
    ),
    "a list and more": (RIGHT_SHAPE + RIGHT_SHAPE, LineFault.UNASKED),
}


@pytest.mark.parametrize("name", list(LIES))
def test_a_lie_is_refused_counted_and_never_shown(name, run):
    sent, fault = LIES[name]
    believed = {93.0, None} | ({77.0} if fault is LineFault.UNASKED else set())  # the first of two lists is right

    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: watch.value("ups-1", "battery_charge_pct") == 93.0)
            upsd.mangle["ups-1"] = lambda _: sent
            seen = set()

            def counted() -> bool:
                seen.add(watch.value("ups-1", "battery_charge_pct"))
                return watch.link().faults.get(fault.value, 0) >= 2

            await watch.until(counted)
            assert seen <= believed
            assert set(watch.link().faults) == {fault.value}
            upsd.mangle.clear()
            await watch.until(lambda: watch.value("ups-1", "battery_charge_pct") == 93.0)
            await watch.until(lambda: watch.link().state is LinkState.UP)

    run(story())


def test_a_ups_that_lies_costs_the_other_one_nothing_but_a_new_connection(run):
    async def story():
        async with (
            Upsd({"ups-1": ON_LINE, "ups-2": ON_LINE}) as upsd,
            watching(device(upsd.port), device(upsd.port, "ups-2")) as watch,
        ):
            upsd.mangle["ups-1"] = lambda _: listing("ups-2", FORGED)
            await watch.until(lambda: watch.link(1).replies > 20)
            assert watch.value("ups-2", "battery_charge_pct") == 93.0
            assert watch.link(0).replies == 0
            assert watch.link(1).faults == {}
            assert upsd.open_most == 1

    run(story())


def test_words_that_nobody_asked_for_end_the_connection(run):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port)) as watch:
            upsd.greeting = b"OK hello\n"
            upsd.hang_up()
            await watch.until(lambda: sum(watch.link().faults.values()) >= 2)
            assert watch.value("ups-1", "battery_charge_pct") in (None, 93.0)

    run(story())


def test_a_late_answer_is_never_taken_for_the_next_one(run):
    held = [b""]

    def one_behind(right: bytes) -> bytes | None:
        held.append(right)
        return held.pop(0) or None

    async def story():
        async with (
            Upsd({"ups-1": ON_LINE, "ups-2": ON_LINE | {"battery.charge": "12"}}) as upsd,
            watching(device(upsd.port, timeout_s=0.1), device(upsd.port, "ups-2", timeout_s=0.1)) as watch,
        ):
            await watch.until(lambda: watch.value("ups-2", "battery_charge_pct") == 12.0)
            upsd.mangle = {"ups-1": one_behind, "ups-2": one_behind}
            await watch.until(lambda: watch.link(0).timeouts + watch.link(1).timeouts >= 1)
            await watch.until(lambda: bool(watch.link(0).faults or watch.link(1).faults))
            assert watch.value("ups-1", "battery_charge_pct") in (93.0, None)
            assert watch.value("ups-2", "battery_charge_pct") in (12.0, None)

    run(story())


def test_a_server_that_falls_silent_is_lost(run):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port, timeout_s=0.1)) as watch:
            await watch.until(lambda: watch.value("ups-1", "battery_charge_pct") == 93.0)
            upsd.mangle["ups-1"] = lambda _: None
            await watch.until(lambda: watch.link().state is LinkState.DOWN)
            assert watch.link().timeouts >= 1
            await watch.until(lambda: watch.shown("ups-1", "battery_charge_pct") == (None, Quality.LOST))

    run(story())
