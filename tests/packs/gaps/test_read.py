"""Advice on gaps: one entry a kind, each with a real event, a source and a next step."""

import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.register import GapKind
from ironkeep.packs.gaps.read import parse, shipped

ENTRY = """[[gap]]
kind = "{}"
why = "w"
event = "e"
source = "F1; s"
next_step = "n"
effort = "5 minutes"
tier = 2
events = ["F1"]
rows = ["INV-01"]
"""
WHOLE = "".join(ENTRY.format(kind) for kind in GapKind)


def test_every_kind_of_gap_has_one_advice_with_an_event_and_its_source():
    found = shipped()
    assert {each.kind for each in found} == set(GapKind)
    assert all(each.events and each.source and each.next_step.endswith(".") for each in found)


def test_the_events_named_are_rows_of_the_incident_tables():
    known = {f"F{n}" for n in range(1, 17)} | {f"C{n}" for n in range(1, 18)}
    assert {event for each in shipped() for event in each.events} <= known


def test_a_whole_file_is_read():
    assert len(parse(WHOLE)) == len(GapKind)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE + ENTRY.format("no owner"),
        WHOLE.replace('kind = "no owner"', 'kind = "no contact"'),
        WHOLE.replace('event = "e"', 'event = ""', 1),
        WHOLE.replace('events = ["F1"]', "events = []", 1),
        WHOLE.replace('events = ["F1"]', 'events = ["rumour"]', 1),
        WHOLE.replace("tier = 2", "tier = 9", 1),
        WHOLE.replace('why = "w"', 'whim = "w"', 1),
        "[[gap",
    ],
)
def test_a_file_that_lacks_a_kind_an_event_or_a_source_is_refused(text):
    with pytest.raises(Refused):
        parse(text)
