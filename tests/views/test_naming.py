"""An asset is called what the drawings call it, wherever it is spoken of."""

import pytest

from ironkeep.model.ids import AssetId, DeviceId, SiteId
from ironkeep.model.site import Asset, AssetKind, Device, Site
from ironkeep.views.naming import Names

CALLED = Names(
    Site(
        SiteId("s"),
        "S",
        (Asset(AssetId("con-1"), AssetKind.BANK, name="Battery container"), Asset(AssetId("x"), AssetKind.UPS)),
        (),
    )
)


@pytest.mark.parametrize(
    ("asset", "said"),
    [
        ("con-1", "Battery container"),
        ("con-1.s03.m02", "Battery container, s03.m02"),
        ("con-10", "con-10"),
        ("x", "x"),
        ("x.a", "x.a"),
        ("s", "S"),
    ],
)
def test_an_asset_is_called_by_its_name_or_by_that_of_the_nearest_above_it(asset, said):
    assert CALLED(asset) == said


SITE = Site(
    SiteId("s"),
    "S",
    (
        Asset(AssetId("con-1"), AssetKind.BANK, name="Battery container"),
        Asset(AssetId("room-b"), AssetKind.ROOM, name="Room B"),
        Asset(AssetId("ups-b"), AssetKind.UPS, name="UPS B"),
        Asset(AssetId("x-1"), AssetKind.UPS),
    ),
    (
        Device(DeviceId("con-1-bms"), AssetId("con-1"), "modbus", "127.0.0.1", 502),
        Device(DeviceId("ups-b"), AssetId("ups-b"), "modbus", "127.0.0.1", 503),
        Device(DeviceId("x-card"), AssetId("x-1"), "modbus", "127.0.0.1", 504),
    ),
)
LABELS = {"trip_over_c": "Trip: cell too hot", "current_a": "Current", "current_dc_a": "DC current"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Off-gas in a battery room at room-b", "Off-gas in a battery room at Room B"),
        ("con-1.s03.m02 and con-1.", "Battery container, s03.m02 and Battery container."),
        ("no believable reply from con-1-bms", "no believable reply from Battery container (con-1-bms)"),
        ("lost at con-1: con-1-bms silent", "lost at Battery container: con-1-bms silent"),
        ("no believable reply from x-card", "no believable reply from x-card"),
        ("37.8 % at ups-b, 18.9 % at x-1", "37.8 % at UPS B, 18.9 % at x-1"),
        ("trip_over_c 60 → 75 °C", "“Trip: cell too hot” 60 → 75 °C"),
        ("follows from current_a, current_dc_a", "follows from current, “DC current”"),
        ("hold, call a person (S05). No entry (S24, S28).", "hold, call a person. No entry."),
        ("/inventory/card/con-1, my-con-1, con-1/soc_pct", "/inventory/card/con-1, my-con-1, con-1/soc_pct"),
        ("<b>room-b</b> & 2.5 °C at 09:15", "<b>Room B</b> & 2.5 °C at 09:15"),
        ("", ""),
    ],
)
def test_the_text_of_a_fact_is_said_with_names_for_ids_and_labels_for_points(text, said):
    assert Names(SITE).said(text, lambda point: LABELS.get(point, "")) == said


def test_a_device_of_the_asset_that_the_text_is_about_is_called_by_its_id_alone():
    assert Names(SITE).said("con-1-bms silent", about="con-1") == "con-1-bms silent"
    assert Names(SITE).said("con-1-bms silent", about="ups-b") == "Battery container (con-1-bms) silent"
