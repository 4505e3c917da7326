"""The cause of a fact and what it led to, found by the seq that an id holds and never by the seq alone."""

from ironkeep.faces.console.proofs import cause_of, effects_of
from ironkeep.facts.alarm import AlarmReset
from ironkeep.facts.envelope import Draft
from ironkeep.model.ids import SiteId
from ironkeep.model.site import Site
from ironkeep.model.time import ClockQuality, Now
from tests.faces.stand_in import Spine

NOW = Now(1_795_000_000_000_000, 5, ClockQuality.SYNCED)


def spine(site="here"):
    return Spine(Site(SiteId(site), site, (), ()))


def reset(cause=None):
    return Draft(AlarmReset("alarm_x", "cab-a", "person:kim"), "person:kim", cause)


def test_a_fact_leads_to_its_cause_and_the_cause_to_what_followed():
    record = spine()
    first, other = record.add(NOW, reset(), reset("request_01M80CR08HNVWANCQF0000002C"))
    third, fourth = record.add(NOW, reset(first.id), reset(first.id))
    assert cause_of(record, third) == first
    assert effects_of(record, first) == [third, fourth]
    assert cause_of(record, first) is None
    assert cause_of(record, other) is None


def test_an_id_of_another_record_or_of_a_later_fact_is_no_cause_here():
    record, elsewhere = spine(), spine("elsewhere")
    record.add(NOW, reset(), reset())
    strange, later = elsewhere.add(NOW, reset(), reset())
    (made,) = record.add(NOW, reset(strange.id))
    (early,) = elsewhere.add(NOW, reset(later.id))
    assert cause_of(record, made) is None
    assert cause_of(elsewhere, early) == later
    assert cause_of(elsewhere, strange) is None
