"""Which assets are the same equipment, against the plain sentence of the rule."""

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.decisions.alarms.kin import Kin, Stronger
from ironkeep.decisions.alarms.watch import room_of
from ironkeep.model.ids import AssetId, SiteId
from ironkeep.model.site import Asset, AssetKind, Site
from tests.decisions.alarms.test_decide import rule

ROOMS = ("room-1", "room-2")
TOPS = ("bank", "bank-b", "gate", "other")
NAMES = (*TOPS, "bank.s1", "bank.s1.m1", "bank.s2", "bank-b.s1", *ROOMS)


@st.composite
def sites(draw):
    rooms = [Asset(AssetId(name), AssetKind.ROOM) for name in ROOMS]
    kinds = {"gate": AssetKind.GATEWAY}
    tops = [
        Asset(
            AssetId(name),
            kinds.get(name, AssetKind.BANK),
            room=draw(st.sampled_from((*map(AssetId, ROOMS), None))),
            witnesses=tuple(map(AssetId, draw(st.lists(st.sampled_from(("gate", "other", "nowhere")), max_size=2)))),
        )
        for name in draw(st.permutations(TOPS))[: draw(st.integers(0, 4))]
    ]
    return Site(SiteId("s"), "S", (*tops, *rooms), ())


def related(one: str, other: str, site: Site) -> bool:
    """One is the other, inside it, the room of the other, or the gateway that speaks for it a second time."""

    def gateway(a: str, b: str) -> bool:
        speaks, equipment = site.asset(AssetId(a)), site.asset(AssetId(b))
        return bool(speaks and equipment and speaks.kind is AssetKind.GATEWAY and a in equipment.witnesses)

    declared = {asset.id: asset for asset in site.assets}
    inside = one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
    rooms = room_of(AssetId(one), declared) == other or room_of(AssetId(other), declared) == one
    return inside or rooms or gateway(one, other) or gateway(other, one)


@given(sites(), st.lists(st.sampled_from(NAMES), max_size=3), st.sampled_from(NAMES))
def test_a_weaker_alarm_is_told_off_where_the_plain_rule_says_so(site, standing, asset):
    weak = rule("weak", suppressed_by=("strong", "stronger"))
    stronger = Stronger((weak, rule("strong"), rule("idle")), Kin(site))
    for n, each in enumerate(standing):
        stronger.stands(("strong", "stronger", "idle")[n], each)
    expected = any(related(asset, each, site) for each in standing[:2])
    assert stronger.over(weak, asset) == expected
    assert not stronger.over(rule("free"), asset)
