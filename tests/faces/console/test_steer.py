"""From an alarm to the place, the isolation points and the number, as the site file says them."""

from ironkeep.faces.console.pages.alarms import steer
from ironkeep.model.site import AssetKind
from tests.decisions.inventory.registers import asset, site


def test_where_nothing_is_said_every_word_is_there_and_empty():
    assert steer(site(asset("a")), "a") == {"place": "", "isolation": "", "contact": ""}


def test_a_part_is_found_through_what_it_is_declared_to_be_part_of_and_its_own_word_goes_first():
    bank = asset("b", location="room 1", isolation=("Q1",), contact="2210")
    bms = asset("c", AssetKind.BMS, parent="b", contact="2240")
    assert steer(site(bank, bms), "c") == {"place": "room 1", "isolation": "Q1", "contact": "2240"}
    assert steer(site(bank), "b.s1.m1")["place"] == "room 1"


def test_assets_that_are_part_of_each_other_end():
    assert steer(site(asset("a", parent="b"), asset("b", parent="a", contact="2210")), "a")["contact"] == "2210"
