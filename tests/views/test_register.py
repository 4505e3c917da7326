"""The register as people look at it: ranks, dates, dependants, hands; from one book."""

import pytest
from msgspec.structs import replace

from ironkeep.facts import device, telemetry
from ironkeep.facts import register as facts_of
from ironkeep.model.register import Form, GapKind
from ironkeep.model.site import AssetKind, Chemistry
from ironkeep.programs.inventory import lore
from ironkeep.views import card, dates, gaps, hands, register, scene, strangers
from tests.decisions.inventory.registers import DAY_US, asset, imported, site, talk
from tests.decisions.rooms import facts, frame, layout, now, point

NOW_US = 1_795_262_400_000_000  # 2026-11-21


def book(declared, *imports):
    found = register.Register(declared)
    shelf = {}
    for number, each in enumerate(imports):
        digest = f"{number:064d}"
        shelf[digest] = each
        body = facts_of.ImportTaken(f"import_{number}", each.form, each.name, digest, each.sha256, 1, 1)
        found.fold(facts(number, number, body))
    return found.book(shelf, lore(), NOW_US)


def chain(**paper):
    return site(
        asset("grid", AssetKind.OTHER, feeds=("ups",)),
        asset("ups", AssetKind.UPS, feeds=("it",)),
        asset("b", feeds=("ups",), location="room 1", **paper),
        asset("b.s1", AssetKind.STRING),
        asset("it", AssetKind.LOAD),
    )


def test_gaps_come_by_tier_then_by_what_broke_most_often_then_by_count():
    found = gaps.ranked(book(chain()))
    order = [(gap.advice.tier, -len(gap.advice.events), -gap.count) for gap in found]
    assert order == sorted(order)
    assert [gap.rank for gap in found] == list(range(1, len(found) + 1))
    assert found[0].kind is GapKind.NO_ISOLATION


def test_dependants_and_feeders_follow_the_feeds_to_their_ends_and_a_part_goes_with_its_whole():
    made = book(chain())
    assert register.dependants(made, "b") == (("ups", "it"), ())
    assert set(register.dependants(made, "it")[1]) == {"ups", "grid", "b"}
    assert register.feeder(made, "b.s1") == "b"
    assert register.nearest(made, "b.s1.m9.c3") == "b.s1"
    assert register.nearest(made, "nowhere.x") is None


def test_a_circle_of_feeds_ends():
    made = book(site(asset("a", feeds=("c",)), asset("c", feeds=("a",))))
    assert register.dependants(made, "a") == (("c",), ("c",))


def test_one_date_of_a_whole_stands_once_and_counts_its_parts():
    found = dates.calendar(book(chain(design_life_until="2027-03-01", support_until="not announced")))
    lives = [due for due in found.due if due.field == "design_life_until"]
    assert [(due.asset, due.parts, due.days, due.soon) for due in lives] == [("b", 1, 100, True)]
    support = next(each for each in found.undated if each.field == "support_until")
    assert (support.not_announced, support.said_unknown, support.not_said) == (("b",), (), ("ups",))
    unsure = dates.calendar(book(chain(design_life_until="unknown"))).undated[0]
    assert (unsure.said_unknown, unsure.not_said) == (("b",), ("ups",))


@pytest.mark.safety("S12", "S14")
def test_a_card_changes_its_digest_with_its_content_and_not_with_its_values():
    one, other = book(chain(isolation=("Q1",))), book(chain(isolation=("Q2",)))
    made = card.card(one, "b", scene.EMPTY, NOW_US)
    assert made.digest == card.card(one, "b", scene.EMPTY, NOW_US + 1).digest
    assert made.digest != card.card(other, "b", scene.EMPTY, NOW_US).digest
    assert {reading.text for reading in made.readings} == {"not known"}
    assert made.content.stand_off.startswith("not set")


def test_two_chemistries_have_other_cards_and_the_same_controls_and_none_is_the_worst():
    def content(**paper):
        return card.card(book(chain(**paper)), "b", scene.EMPTY, NOW_US).content

    lfp, nmc, none = content(chemistry="lfp"), content(chemistry="nmc"), content()
    assert lfp.response != nmc.response
    assert lfp.controls == nmc.controls == none.controls
    assert len(none.controls) >= 9
    assert "Chemistry not known" in none.response[0].text
    assert card.card(book(chain()), "ups", scene.EMPTY, NOW_US).content.response == ()


def test_no_chemistry_thins_out_controls_or_mandatory_fields_on_any_card():
    whole = [book(chain(chemistry=each)) for each in Chemistry]
    cards = [card.card(each, "b", scene.EMPTY, NOW_US).content for each in whole]
    assert {each.controls for each in cards} == {cards[0].controls}
    assert {each.by_id["b"].score.wanted for each in whole} == {whole[0].by_id["b"].score.wanted}
    assert all("no entry" in " ".join(line.text for line in each.response).casefold() for each in cards)
    assert all(card.LIVE_CELLS in each.stays_live for each in cards)


def test_who_was_overheard_writing_stands_beside_a_change_and_is_never_called_the_one_who_did_it():
    declared = site(asset("b"), devices={"b": "10.0.0.5:502"})
    at_us = now(50).at_us
    tap = imported(
        Form.PCAP, name="tap", talks=(talk("10.0.0.9", "10.0.0.5", writes=1, first_us=at_us - 9, last_us=at_us + 9),)
    )
    change = telemetry.SettingChanged("b", "trip_over_c", "55", "65", "C", "trips later", protective=True)
    about = facts(7, 50, change)
    found = hands.hands(book(declared, tap), "b", about, (), 0, at_us + 1)
    (seen,) = found.changes
    assert seen.overheard == ("10.0.0.9",)
    assert seen.who.startswith("not known")
    assert seen.reviewed == "by nobody yet"
    assert any("10.0.0.9, which nobody declared" in hand.who for hand in found.could)
    assert hands.hands(book(declared, tap), "b", about, (), at_us + 1, at_us + 2).changes == ()


def test_the_table_comes_in_the_order_that_is_wished_for_and_else_in_that_of_the_site_file():
    old = asset("b", location="a", design_life_until="2020-01-01")
    declared = site(asset("c", location="b", owner="o"), asset("a"), old)
    whole = book(declared)

    def order(sort):
        return [str(row.id) for row in register.select(whole, register.Wish(sort=sort))]

    assert order("") == order("poem") == ["c", "a", "b"]
    assert order("asset") == ["a", "b", "c"]
    assert order("where") == ["b", "c", "a"]
    assert order("least answered first")[0] == "a"
    tiers = [whole.by_id[each].tier for each in order("worst first")]
    assert tiers == sorted(tiers)


def test_dates_of_one_day_sort_and_plan_stand_together_and_others_apart():
    papers = {"inspected_until": "2030-01-01", "support_until": "2030-01-01"}
    whole = book(site(asset("a", **papers), asset("b", **papers), asset("c", migration="plan 7", **papers)))
    found = dates.together(whole)
    told = {(each[0].field, each[0].plan): tuple(due.asset for due in each) for each in found}
    assert told == {
        ("inspected_until", ""): ("a", "b", "c"),
        ("support_until", ""): ("a", "b"),
        ("support_until", "plan 7"): ("c",),
    }


def test_a_gap_that_the_whole_passes_on_is_answered_at_the_whole_and_the_parts_of_what_is_shown_can_be_left_out():
    made = book(chain())
    owner = next(gap for gap in gaps.ranked(made) if gap.kind is GapKind.NO_OWNER)
    assert owner.count == owner.places + 1  # the string goes with its bank
    assert "b.s1" not in owner.assets
    shown = register.select(made, register.Wish(gap="no owner", whole=True))
    assert len(shown) == owner.places
    assert "b.s1" in {row.id for row in register.select(made, register.Wish(text="b.s1", whole=True))}


def test_a_change_stands_beside_who_was_overheard_writing_at_a_tap_shortly_before_and_nobody_else():
    declared = site(asset("b"), asset("b.s1", AssetKind.STRING), devices={"b": "10.0.0.5:502"})
    write = device.WriteOverheard("b-dev", "b", "10.0.0.7", 1, "register 5")
    change = telemetry.SettingChanged("b", "trip_over_c", "55", "65", "C", "trips later", protective=True)
    about = (*facts(3, 50, write), *facts(4, 51, change), *facts(5, 5_000, change))
    found = hands.hands(book(declared), "b", about, (), 0, now(6_000).at_us)
    assert [change.overheard for change in found.changes] == [("10.0.0.7 (fact 3)",), ()]
    assert all(change.who.startswith("not known") for change in found.changes)
    for wanted in ("b", "b.s1"):  # a string is changed through its bank
        could = hands.hands(book(declared), wanted, about, (), 0, now(6_000).at_us).could
        assert ("10.0.0.7, which nobody declared", "overheard at a tap, fact 3") in {(h.who, h.says) for h in could}


def test_a_bank_is_changed_through_its_controllers_too_and_no_interface_is_not_an_interface():
    bms = asset("c", AssetKind.BMS, parent="b", interfaces=("web page",))
    could = hands.hands(book(site(asset("b", interfaces=()), bms)), "b", (), (), 0, NOW_US).could
    assert "whoever uses c's web page" in {hand.who for hand in could}
    assert not any("none" in hand.who for hand in could)


def test_a_device_that_nobody_declared_has_its_address_and_is_told_when_it_was_heard_not_when_the_file_was_taken():
    declared = site(asset("b"), devices={"b": "10.0.0.5:502"})
    leases = imported(Form.ARP, {"mac": "02:00:5e:10:00:01", "address": "10.0.0.9"}, name="arp.txt")
    tap = imported(Form.PCAP, name="tap", talks=(talk("10.0.0.9", "10.0.0.5", writes=1),))
    paper = imported(Form.CSV, {"serial": "SN9", "maker": "Nobody"})
    found = book(declared, leases, tap, paper).unknown
    writer, listed = found
    assert (writer.addresses, writer.heard_us, writer.written) == (("10.0.0.9",), 2 * DAY_US, ("b",))
    assert (listed.heard_us, listed.observed) == (0, False)
    assert strangers.select(found, way="writes") == strangers.select(found, "10.0.0.9 b") == (writer,)
    assert strangers.select(found, way="listed") == strangers.select(found, "nobody") == (listed,)
    assert strangers.select(found, way="poem") == found


def test_contactors_that_are_not_known_for_the_same_reason_are_one_line_of_a_card_and_without_an_age():
    strings = [asset(f"b.s{n}", AssetKind.STRING) for n in (1, 2, 3)]
    shape = layout(tuple(each.id for each in strings), (point("voltage_v"),))
    seen = scene.Scene(NOW_US, 1, (frame(shape, 10, [[700.0]] * 3),), {}, (), (), None)
    (told,) = card.card(book(site(asset("b"), *strings)), "b", seen, NOW_US).contactors
    assert (told.label, told.text, told.age) == ("s1, s2, s3", "unknown", "")


def test_the_card_of_a_room_shows_its_gas_and_heat_and_that_the_cells_in_it_stay_live():
    hall = replace(asset("hall", AssetKind.ROOM), name="Hall 4")
    papers = site(hall, replace(asset("b"), room=hall.id), asset("plain", AssetKind.ROOM))
    shape = layout(("hall",), (point("temperature_c"), point("hydrogen_ppm")))
    seen = scene.Scene(NOW_US, 1, (frame(shape, 10, [[31.0, 250.0]]),), {}, (), (), None)
    told = card.card(book(papers), "hall", seen, NOW_US)
    assert [each.label for each in told.readings] == ["room temperature, Hall 4", "hydrogen, Hall 4", "off-gas, Hall 4"]
    assert told.readings[2].text == card.NOT_KNOWN
    assert card.LIVE_CELLS in told.content.stays_live
    assert card.LIVE_CELLS not in card.card(book(papers), "plain", seen, NOW_US).content.stays_live
