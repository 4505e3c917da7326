"""How long data are kept: by the vendor as declared, by us as the record shows."""

from ironkeep.facts.history import SegmentSealed, SegmentsExpired
from ironkeep.programs.inventory import lore
from ironkeep.views import archive, scene
from ironkeep.views.register import Register
from tests.decisions.inventory.registers import asset, site
from tests.decisions.rooms import facts, frame, layout, now, point


def sealed(segment: str, first: int, last: int, group: str = "banks") -> SegmentSealed:
    counts = {"parts": 1, "chunks": 1, "frames": 1, "rows": 1, "minute_parts": 1}
    names = {"segment": segment, "group": group, "layout": "l", "file": segment, "root": "r", "memory": "m"}
    return SegmentSealed(first=first, last=last, minutes="x", **names, **counts)


def test_what_was_sealed_and_not_expired_is_kept_by_tier_with_the_fact_that_sealed_the_oldest():
    made = archive.Archive()
    made.fold(facts(5, 5, sealed("a", 100, 199), sealed("b", 200, 299), sealed("c", 300, 399)))
    span = made.spans()["banks"]["raw"]
    assert (span.first_us, span.last_us, span.segments, span.seq) == (100, 399, 3, 5)
    made.fold(facts(8, 8, SegmentsExpired(("a", "b"), "a", "raw", "p", "age")))
    spans = made.spans()["banks"]
    assert (spans["raw"].first_us, spans["raw"].seq) == (300, 7)
    assert spans["minutes"].first_us == 100
    made.fold(facts(9, 9, SegmentsExpired(("c",), "c", "raw", "p", "bytes")))
    assert "raw" not in made.spans()["banks"]


def test_beside_what_a_vendor_keeps_stands_what_we_keep_or_that_we_read_nothing_of_it():
    declared = site(asset("b", retention="13 months", cloud="care"), asset("c"), asset("d", state="retired"))
    book = Register(declared).book({}, lore(), now(1).at_us)
    made = archive.Archive()
    made.fold(facts(5, 5, sealed("a", 100, 199, "g")))
    shown = scene.Scene(1, 1, (frame(layout(("b",), (point("temperature_c"),)), 1, [[20.0]]),), {}, (), (), None)
    first, second = archive.kept(book, shown, made.spans())
    assert (first.asset, first.declared, first.groups) == ("b", "13 months", ("g",))
    assert first.raw is not None
    assert first.raw.first_us == 100
    assert (second.asset, second.declared, second.groups, second.raw) == ("c", "", (), None)
