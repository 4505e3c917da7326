"""What the policy ends, and what nobody may end early."""

import pytest

from ironkeep.adapters.stores.history.catalogue import Catalogue, Part, Stretch
from ironkeep.adapters.stores.history.retention import Ending, endings, require_due, size_of, without
from ironkeep.adapters.stores.history.sealing import DAY_US
from ironkeep.model.errors import Refused
from ironkeep.ports.history import HistoryPolicy

POLICY = HistoryPolicy(raw_days=3, minutes_days=10, days_min=1, bytes_max=1_000)


def stretch(number: int, day: int, raw: int = 90, minutes: int = 10) -> Stretch:
    return Stretch(
        number=number,
        file=f"g/{day}",
        group="g",
        layout="l",
        day=day,
        first_us=day * DAY_US,
        last_us=day * DAY_US + DAY_US - 1,
        segments=96,
        raw=(Part(0, 1, raw - 5),) if raw else (),
        minutes=(Part(0, 1, minutes),) if minutes else (),
        digests=5 if raw else 0,
    )


def ended(book: Catalogue, at_us: int, hot: int = 0, *, steady: bool = True) -> list[tuple[int, str, str]]:
    return [(e.stretch.number, e.tier, e.reason) for e in endings(book, POLICY, at_us, hot, steady=steady)]


def test_each_tier_ends_when_its_days_are_over_and_not_a_moment_before():
    book = Catalogue(stretches=(stretch(1, 0),))
    last = DAY_US - 1
    assert ended(book, last + 3 * DAY_US - 1) == []
    assert ended(book, last + 3 * DAY_US) == [(1, "raw", "age")]
    assert ended(book, last + 10 * DAY_US) == [(1, "raw", "age"), (1, "minutes", "age")]
    assert ended(book, last + 10 * DAY_US, steady=False) == []


def test_what_is_gone_does_not_end_twice():
    assert ended(Catalogue(stretches=(stretch(1, 0, raw=0),)), 5 * DAY_US) == []
    assert without(stretch(1, 0), "raw") == stretch(1, 0, raw=0)
    assert without(stretch(1, 0), "minutes").minutes == ()
    assert size_of(stretch(1, 0), "raw") == 90


def test_too_many_bytes_end_samples_first_oldest_first_until_it_fits():
    book = Catalogue(stretches=tuple(stretch(n, n) for n in range(12)))  # 1,200 bytes, 1,000 allowed
    assert ended(book, 20 * DAY_US, steady=False) == [(n, "raw", "bytes") for n in range(3)]
    assert ended(book, 20 * DAY_US, hot=2_000, steady=False)[:13] == [
        *((n, "raw", "bytes") for n in range(12)),
        (0, "minutes", "bytes"),
    ]


def test_the_youngest_day_is_never_ended_for_want_of_room():
    book = Catalogue(stretches=(stretch(1, 4, raw=5_000),))
    assert ended(book, 5 * DAY_US + 10) == []
    assert ended(book, 6 * DAY_US) == [(1, "raw", "bytes")]


@pytest.mark.parametrize(("tier", "days"), [("raw", 3), ("minutes", 10)])
def test_a_deletion_before_its_time_is_refused_and_told_when_it_may_be(tier, days):
    asked = Ending(stretch(1, 0), tier, "age")
    with pytest.raises(Refused, match=rf"kept until 1970-01-{days + 1:02d}T23:59:59Z"):
        require_due(asked, POLICY, DAY_US * days)
    require_due(asked, POLICY, DAY_US * (days + 1))
    with pytest.raises(Refused, match="adopt a policy"):
        require_due(Ending(stretch(1, 0), tier, "bytes"), POLICY, DAY_US)
