"""Ids: derived, sortable, readable."""

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.model.ids import AssetId, PointName, SiteId, derive, parent, point_address, ulid

times = st.integers(0, (1 << 57))


@given(times, times, st.binary(min_size=10, max_size=10))
def test_ulids_sort_by_the_millisecond_of_their_time(first: int, second: int, entropy: bytes) -> None:
    a, b = ulid(first, entropy), ulid(second, entropy)
    assert len(a) == 26
    assert (a < b) == (first // 1000 < second // 1000)


@given(times, st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_the_same_parts_give_the_same_id_and_other_parts_another(at_us: int, one: list[str], other: list[str]) -> None:
    same = "\x1f".join(one) == "\x1f".join(other)
    assert (derive("alarm", at_us, *one) == derive("alarm", at_us, *other)) == same


def test_the_kind_of_an_id_can_be_read() -> None:
    assert derive("incident", 1_795_173_604_000_000, "a").startswith("incident_01M7")


def test_the_parent_of_an_asset_is_its_dotted_path_before_the_last_part() -> None:
    assert parent(AssetId("cab-a.s1.m07")) == "cab-a.s1"
    assert parent(AssetId("cab-a")) is None


def test_points_have_readable_addresses() -> None:
    address = point_address(SiteId("harbor-dc1"), AssetId("cab-a.s1"), PointName("current_a"))
    assert address == "harbor-dc1/cab-a.s1/current_a"
