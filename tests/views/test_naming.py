"""An asset is called what the drawings call it, wherever it is spoken of."""

import pytest

from ironkeep.model.ids import AssetId, SiteId
from ironkeep.model.site import Asset, AssetKind, Site
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
    ],
)
def test_an_asset_is_called_by_its_name_or_by_that_of_the_nearest_above_it(asset, said):
    assert CALLED(asset) == said
