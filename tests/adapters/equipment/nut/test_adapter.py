"""What a reader of NUT shows, when it is silent, and how it behaves towards a server."""

import asyncio

import numpy as np
import pytest

from ironkeep.adapters.equipment.nut.adapter import NutReader
from ironkeep.adapters.equipment.nut.config import Config
from ironkeep.adapters.equipment.nut.station import Station, back_off
from ironkeep.model.errors import Refused
from ironkeep.model.link import LinkState
from ironkeep.model.quality import Quality
from ironkeep.model.time import SECOND_US, Now
from ironkeep.packs.nut.read import shipped
from ironkeep.programs.clock import now
from tests.adapters.equipment.nut.upsd import ON_LINE, Upsd
from tests.adapters.equipment.nut.watch import device, watching
from tests.adapters.equipment.watch import HANG_S


def charge(watch, asset="ups-1"):
    return watch.value(asset, "battery_charge_pct")


def test_variables_become_a_row_and_strings_particulars(run):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: charge(watch) == 93.0)
            assert watch.value("ups-1", "battery_runtime_s") == 1800.0
            assert watch.value("ups-1", "load_pct") == 41.5
            assert watch.value("ups-1", "ups_status_bits") == 1 << 0 | 1 << 5
            assert watch.value("ups-1", "mode") == 1.0
            await watch.until(lambda: len(watch.reader.particulars()) > 0)
            said = watch.reader.particulars()[0]
            assert (said.manufacturer, said.serial, said.model) == ("Example", "S1", "")
            assert watch.link().state is LinkState.UP
            assert not watch.link().authenticated

    run(story())


def test_what_a_ups_says_of_itself_counts_after_a_time_and_silence_takes_nothing_back(run):
    async def story():
        async with Upsd({"ups-1": {"ups.status": "OL"}}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: len(watch.reader.particulars()) > 0)
            upsd.upses["ups-1"] = ON_LINE | {"device.model": "M1"}
            await watch.until(lambda: watch.reader.particulars()[0].model == "M1")
            upsd.upses["ups-1"] = {"ups.status": "OL", "device.serial": "S2"}
            await watch.until(lambda: watch.reader.particulars()[0].serial == "S2")
            assert watch.reader.particulars()[0].model == "M1"

    run(story())


def test_a_list_that_is_only_begun_is_no_change_of_the_device():
    station = Station(device(1), shipped(), Config(steady_s=5.0), np.random.default_rng(1))
    begun = {"ups.status": "OL", "device.mfr": "Dummy"}
    heard = []
    for second, values in enumerate([begun, begun, *[ON_LINE] * 6, begun, *[ON_LINE] * 6]):
        station.take(values, Now(second * SECOND_US, second * SECOND_US))
        heard.append(station.particulars and station.particulars.manufacturer)
    assert heard == [*[None] * 7, *["Example"] * 8]


def test_what_a_ups_does_not_offer_or_does_not_say_as_a_number_is_absent_and_never_zero(run):
    odd = ON_LINE | {"battery.voltage": "", "ups.load": "n/a", "battery.charge": "nan", "ups.status": ""}
    del odd["battery.runtime"]

    async def story():
        async with Upsd({"ups-1": odd}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: watch.link().replies > 0)
            for point in ("battery_runtime_s", "dc_voltage_v", "load_pct", "battery_charge_pct", "mode"):
                assert watch.shown("ups-1", point) == (None, Quality.ABSENT)
            assert watch.whole()

    run(story())


def test_a_status_word_that_nobody_knows_sets_a_bit_of_its_own(run):
    async def story():
        async with (
            Upsd({"ups-1": ON_LINE | {"ups.status": "OB LB VENDORWORD"}}) as upsd,
            watching(device(upsd.port)) as watch,
        ):
            await watch.until(lambda: watch.value("ups-1", "mode") == 2.0)
            frame = watch.frames()[0]
            bits = int(frame.integer[0, frame.layout.integer_index["ups_status_bits"]])
            assert bits == 1 << 1 | 1 << 2 | 1 << 62

    run(story())


@pytest.mark.parametrize("code", ["DATA-STALE", "DRIVER-NOT-CONNECTED", "UNKNOWN-UPS", "ACCESS-DENIED", "NEW-CODE"])
def test_an_error_of_the_server_takes_every_value_away_at_once_and_says_why(run, code):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: charge(watch) == 93.0)
            upsd.errors["ups-1"] = code
            await watch.until(lambda: watch.link().exceptions == 1)
            assert watch.shown("ups-1", "battery_charge_pct") == (None, Quality.LOST)
            assert watch.whole()
            await watch.until(lambda: watch.link().state is LinkState.DOWN)
            assert code in watch.link().detail
            answered = watch.link().replies
            assert upsd.connections == 1
            del upsd.errors["ups-1"]
            await watch.until(lambda: charge(watch) == 93.0 and watch.link().replies > answered)
            assert watch.link().state is LinkState.UP
            assert watch.link().detail == ""

    run(story())


def test_one_stale_answer_takes_the_values_but_not_the_link(run):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: charge(watch) == 93.0)
            once = iter([b"ERR DATA-STALE\n"])
            upsd.mangle["ups-1"] = lambda right: next(once, right)
            seen = set()
            await watch.until(lambda: seen.add(watch.link().state) or watch.link().exceptions == 1)
            await watch.until(lambda: seen.add(watch.link().state) or charge(watch) == 93.0)
            assert seen == {LinkState.UP}

    run(story())


def test_a_ups_lost_on_battery_says_so(run):
    async def story():
        async with (
            Upsd({"ups-1": ON_LINE | {"ups.status": "OB DISCHRG"}}) as upsd,
            watching(device(upsd.port)) as watch,
        ):
            await watch.until(lambda: watch.value("ups-1", "mode") == 2.0)
            upsd.errors["ups-1"] = "DATA-STALE"
            await watch.until(lambda: watch.link().state is LinkState.DOWN)
            assert "on battery when last heard" in watch.link().detail

    run(story())


def test_a_dead_server_loses_every_value_within_three_periods_and_comes_back(run):
    async def story():
        upsd = Upsd({"ups-1": ON_LINE})
        await upsd.start()
        async with watching(device(upsd.port)) as watch:
            await watch.until(lambda: charge(watch) == 93.0)
            await upsd.stop()
            await watch.until(lambda: watch.link().state in (LinkState.DOWN, LinkState.BACKING_OFF))
            await watch.until(lambda: watch.shown("ups-1", "battery_charge_pct") == (None, Quality.LOST))
            assert watch.whole()
            upsd.upses["ups-1"]["battery.charge"] = "50"
            await upsd.start()
            await watch.until(lambda: charge(watch) == 50.0)
            await upsd.stop()

    run(story())


def test_two_upses_behind_one_server_share_one_connection_and_one_frame(run):
    async def story():
        two = {"ups-1": ON_LINE, "ups-2": ON_LINE | {"battery.charge": "12"}}
        async with (
            Upsd(two) as upsd,
            watching(device(upsd.port), device(upsd.port, "ups-2")) as watch,
        ):
            await watch.until(lambda: charge(watch) == 93.0 and charge(watch, "ups-2") == 12.0)
            assert [frame.layout.assets for frame in watch.frames()] == [("ups-1", "ups-2")]
            assert upsd.open_most == 1
            asked = [words[2] for words in upsd.said if words[:2] == ("LIST", "VAR")]
            assert abs(asked.count("ups-1") - asked.count("ups-2")) <= 1

    run(story())


def test_columns_only_grow_and_a_variable_that_went_away_is_absent(run):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd, watching(device(upsd.port)) as watch:
            await watch.until(lambda: charge(watch) == 93.0)
            assert watch.shown("ups-1", "input_voltage_v") is None
            upsd.upses["ups-1"]["input.voltage"] = "231.4"
            await watch.until(lambda: watch.value("ups-1", "input_voltage_v") is not None)
            layout = watch.frames()[0].layout
            del upsd.upses["ups-1"]["input.voltage"]
            await watch.until(lambda: watch.shown("ups-1", "input_voltage_v") == (None, Quality.ABSENT))
            assert watch.frames()[0].layout is layout

    run(story())


def test_a_device_that_counts_charging_as_positive_is_turned_round(run):
    async def story():
        async with (
            Upsd({"ups-1": ON_LINE | {"battery.current": "4.5"}}) as upsd,
            watching(device(upsd.port, power_sign=-1)) as watch,
        ):
            await watch.until(lambda: watch.value("ups-1", "battery_current_a") == -4.5)

    run(story())


def test_nobody_is_asked_more_than_once_a_second_whatever_the_site_file_says(run):
    moments = []

    async def story():
        async with (
            Upsd({"ups-1": ON_LINE}) as upsd,
            watching(device(upsd.port, period_s=0.1), config=Config(start_spread_s=0.0)) as watch,
        ):
            upsd.mangle["ups-1"] = lambda right: moments.append(now().mono_us) or right
            await watch.until(lambda: len(moments) == 3)
            assert watch.frames()[0].layout.period_s == 1.0

    run(story())
    assert moments[2] - moments[0] >= 1_900_000


def test_we_say_nothing_but_lists_and_good_bye(run):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd:
            async with watching(device(upsd.port)) as watch:
                await watch.until(lambda: watch.link().replies > 3)
            assert set(upsd.said) <= {("LIST", "VAR", "ups-1"), ("LOGOUT",)}
            await asyncio.wait_for(upsd.empty.wait(), HANG_S)

    run(story())


def test_a_server_that_refuses_is_asked_less_and_less_often(run):
    rng = np.random.default_rng(1)
    waits = [back_off(n, 0.5, 60.0, rng) for n in range(1, 12)]
    assert all(0.25 * 2 ** (n - 1) <= wait <= min(0.5 * 2 ** (n - 1), 60.0) for n, wait in enumerate(waits[:7], 1))
    assert all(30.0 <= wait <= 60.0 for wait in waits[7:])


@pytest.mark.parametrize("given", [{"ups": ""}, {"ups": "a b"}, {"port": 70_000}, {"power_sign": 2}, {"timeout_s": 0}])
def test_a_device_that_cannot_be_is_refused_before_anything_is_asked(given):
    given = dict(given)
    with pytest.raises(Refused):
        NutReader([device(given.pop("port", 3493), **given)], shipped(), {}, now, np.random.default_rng(1))


def test_devices_of_other_protocols_are_left_alone():
    other = device(502, protocol="modbus")
    assert NutReader([other], shipped(), {}, now, np.random.default_rng(1)).links() == ()
