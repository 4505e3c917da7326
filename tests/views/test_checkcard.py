"""The manual-check card: what to read, where and with what."""

import pytest

from ironkeep.model.ids import AssetId, SiteId
from ironkeep.model.site import Asset, AssetKind, Site
from ironkeep.model.trust import AssetTrust, Trust, TrustReason
from ironkeep.packs import checks
from ironkeep.views.checkcard import check_card

BANK, METER, ROOM = AssetId("bank"), AssetId("meter"), AssetId("room")
SITE = Site(
    SiteId("s"),
    "S",
    (
        Asset(BANK, AssetKind.BANK, "Cabinet", "room A", room=ROOM, witnesses=(METER,)),
        Asset(METER, AssetKind.METER),
        Asset(ROOM, AssetKind.ROOM),
    ),
    (),
)
CHECKS = checks.shipped().checks


def card(*codes: str, state: Trust = Trust.VERIFY_LOCALLY):
    return check_card(AssetTrust(BANK, state, tuple(TrustReason(c, f"text of {c}") for c in codes), 0), SITE, CHECKS)


def places(found) -> list[tuple[str, str]]:
    return [(item.asset, item.point) for item in found.items]


def test_a_bank_and_its_meter_that_disagree_are_both_to_be_read() -> None:
    found = card("verify:meter-current")
    assert places(found) == [("bank", "current_a"), ("meter", "current_a")]
    assert all("clamp" in item.instrument for item in found.items)
    assert (found.name, found.location) == ("Cabinet", "room A")


def test_a_drift_asks_for_the_same_readings_as_its_check_and_once() -> None:
    assert places(card("verify:meter-current", "verify:meter-current.drift")) == places(card("verify:meter-current"))


def test_cells_against_their_room_name_probe_and_cells() -> None:
    assert places(card("verify:cells-and-room")) == [("room", "temperature_c"), ("bank", "cell_temperature_01_c")]


def test_where_all_is_old_the_panel_is_read() -> None:
    found = card("replayed", state=Trust.UNTRUSTED)
    assert ("bank", "voltage_v") in places(found)
    assert ("bank", "cell_temperature_max_c") in places(found)


def test_a_hand_reading_that_differed_is_read_again_and_a_worn_calibration_is_looked_at() -> None:
    assert places(card("verify:hand.voltage_v", "calibration:meter")) == [("bank", "voltage_v"), ("meter", "")]


def test_nobody_is_sent_for_reasons_known_at_commissioning() -> None:
    assert card("standing:no-witness", state=Trust.DEGRADED) is None


@pytest.mark.safety("S11")
def test_the_card_calls_nothing_safe() -> None:
    found = card("verify:meter-current", "replayed", "changed:setting")
    said = " ".join([found.caution, *found.reasons, *(item.why + item.instrument for item in found.items)])
    assert "safe" not in said.lower()
