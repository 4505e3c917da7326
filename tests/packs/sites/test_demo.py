"""The demo's own site file."""

import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId
from ironkeep.model.site import AssetKind, Purpose
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.demo import address_demo, demo_text
from ironkeep.twin.layout import BANKS, SITE
from ironkeep.twin.serve.chain import units

UNITS = units()
PORTS = {device.id: 20_000 + n for n, device in enumerate(SITE.devices)} | {"nut": 19_999}
CARDS = {"ups-a-nut", "ups-b-nut"}
ON_PAPER = {"con-1-box", "con-1-ctl", "con-1-fire", "con-1-gas", "ems-1", "rack-net", "sw-ot", "modem-1"}


def demo():
    return declare_text(address_demo(demo_text(), PORTS), "harbor-dc1.toml")


def test_the_demo_is_a_simulated_site_that_declares_every_asset_of_the_plant() -> None:
    site = demo()
    assert site.simulated
    ids = {asset.id for asset in site.assets}
    for group in ("bank", "string", "module", "device"):
        assert set(SITE.rows[group]) <= ids
    assert ids - {i for group in SITE.rows.values() for i in group} == {"utility", *CARDS, *ON_PAPER}


def test_every_unit_that_the_twin_serves_is_read_by_one_device_and_no_other() -> None:
    by_port = {port: name for name, port in PORTS.items()}
    read = sorted((by_port[device.port], device.unit) for device in demo().devices if device.protocol == "modbus")
    assert read == sorted((name, unit) for name, found in UNITS.items() for unit in found)


def test_every_map_beside_a_chain_is_named_by_the_device_that_reads_it() -> None:
    by_port = {port: name for name, port in PORTS.items()}
    for device in demo().devices:
        if device.protocol != "modbus":
            continue
        served = UNITS[by_port[device.port]][device.unit].apart
        assert device.maps == ("sunspec", *(block.name.removeprefix("map-") for _, block in served)), device.id


def test_banks_carry_the_purpose_rating_room_and_converter_of_the_plant() -> None:
    site = demo()
    for bank in BANKS:
        asset = site.asset(AssetId(bank.id))
        assert asset is not None
        assert asset.purpose is (Purpose.BACKUP if bank.purpose == "ups" else Purpose.PEAK_SHAVING)
        assert (asset.rated_power_w, asset.rated_energy_wh) == (bank.power_rated_w, pytest.approx(bank.energy_rated_wh))
        assert asset.room == bank.room
        assert asset.feeds == (bank.converter,)


def test_power_can_be_followed_from_every_source_to_the_load_or_the_utility_meter() -> None:
    feeds = {asset.id: asset.feeds for asset in demo().assets}

    def reached(start: str) -> set[str]:
        found, waiting = set(), [start]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += feeds[each]
        return found

    for source in ("utility", "gen-1", "cab-a", "cab-b", "con-1"):
        assert "it-1" in reached(source)
    assert "meter-1" in reached("con-1")


def test_every_bank_and_converter_has_a_witness_that_is_a_meter() -> None:
    site = demo()
    kinds = {asset.id: asset.kind for asset in site.assets}
    for asset in site.assets:
        if asset.kind in (AssetKind.BANK, AssetKind.PCS, AssetKind.UPS):
            assert AssetKind.METER in {kinds[each] for each in asset.witnesses}, asset.id


def test_a_device_that_the_twin_does_not_serve_is_told_with_its_line() -> None:
    with pytest.raises(Refused, match=r"harbor-dc1\.toml:\d+: port: the twin has no listener 'cab-b'"):
        address_demo(demo_text(), {name: port for name, port in PORTS.items() if name != "cab-b"})


def test_the_file_without_ports_is_refused_and_says_that_a_port_is_a_number() -> None:
    with pytest.raises(Refused, match="'cab-a' cannot stand here"):
        declare_text(demo_text())


def test_what_its_papers_say_agrees_with_what_its_devices_say() -> None:
    site = demo()
    for device in SITE.devices:
        asset, plate = site.asset(AssetId(device.id)), device.particulars
        assert asset is not None
        said = (asset.paper.maker, asset.paper.model, asset.paper.firmware)
        assert said == (plate.maker, plate.model, plate.firmware)
        assert asset.paper.serial in (plate.serial, None)


def test_its_papers_have_the_gaps_that_its_head_names_and_no_meter_without_calibration() -> None:
    papers = {asset.id: asset.paper for asset in demo().assets}
    assert papers[AssetId("ats-1")].isolation is None
    assert papers[AssetId("hvac-b")].contact is None
    assert papers[AssetId("ups-b")].serial is None
    assert papers[AssetId("con-1")].support_until == "not announced"
    for asset in demo().assets:
        if asset.kind in (AssetKind.METER, AssetKind.ROOM):
            assert asset.paper.calibrated_until is not None
