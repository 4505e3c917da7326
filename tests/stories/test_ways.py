"""One UPS told two ways, by its registers and by its network card over NUT: a lie on one way is seen, time is not."""

import pytest

from ironkeep.decisions import alarms
from ironkeep.model.trust import Trust
from tests.stories.site_at_work import Story

LOUD = ("AlarmRaised", "IncidentOpened", "TrustChanged", "FindingOpened")
HELD_S = 50  # of a difference before it counts, and a little
CLEAR_S = 35
BUSY_S = 150
WORDS = {
    "OB": ("nut-on-battery", 5),
    "OB LB": ("nut-battery-at-its-end", 3),
    "LB": ("nut-battery-low", 35),
    "RB": ("nut-replace-battery", 65),
    "OVER": ("nut-overload", 5),
    "FSD": ("nut-shutdown-forced", 2),
    "BYPASS": ("nut-on-bypass", 5),
    "ALARM": ("nut-own-alarm", 5),
    "OFF": ("nut-off", 5),
    "TRIM": ("nut-supply-trimmed", 605),
    "BOOST": ("nut-supply-boosted", 605),
}


def said(story: Story) -> list[tuple[int, str, object]]:
    return [(story.second(f), f.kind, f.body) for f in story.since if f.kind in LOUD]


def ways(story: Story) -> list[tuple[int, str, object]]:
    return [each for each in said(story) if "way" in str(each[2])]


def reasons(story: Story, asset: str) -> dict[str, str]:
    assert story.rooms.judged is not None
    trust = next(t for a, t in story.rooms.judged.trust.items() if a == asset)
    return {reason.code: reason.text for reason in trust.news}


def state(story: Story, asset: str) -> Trust:
    assert story.rooms.judged is not None
    return next(t.state for a, t in story.rooms.judged.trust.items() if a == asset)


@pytest.mark.parametrize("words", WORDS)
def test_a_status_word_is_raised_as_what_it_asks_of_a_person_and_returns_when_it_is_gone(words: str) -> None:
    rule, within_s = WORDS[words]
    story = Story()
    story.plant.lies.words["ups-a"] = words
    pace_s = 5 if within_s > 60 else 1
    story.run(within_s, pace_s)
    raised = story.raised()
    assert [asset for _, asset in raised.get(rule, [])] == ["ups-a-nut"], raised
    assert {each for each in raised if each.startswith("nut-")} == {rule}
    story.plant.lies.words.clear()
    story.run(25 if within_s < 30 else 70 if within_s < 600 else 310, pace_s)
    assert [f.body["asset"] for f in story.since if f.kind == "AlarmReturned"].count("ups-a-nut") == 1


def test_a_card_that_falls_silent_on_battery_keeps_its_alarm_and_a_word_of_good_ends_it() -> None:
    story = Story()
    story.plant.lies.words["ups-a"] = "OB DISCHRG"
    story.run(6)
    story.plant.lies.words.clear()
    story.reader.cards.silent = True
    story.run(40)
    assert [f for f in story.since if f.kind == "AlarmReturned"] == []
    assert "nut-on-battery" in {alarm.rule for alarm in alarms.standing(story.rooms.alarms)}


def test_a_moment_of_silence_ends_no_finding_that_a_detector_is_unavailable() -> None:
    story = Story()
    story.reader.cards.silent = True
    story.run(4)
    story.reader.cards.silent = False
    story.run(15)
    assert [fact.body for fact in story.since if fact.kind in ("FindingOpened", "FindingClosed")] == []


def test_what_the_registers_say_is_not_raised_again_by_the_card() -> None:
    story = Story().play("utility-loss-late-generator", 40)
    assert "ups-on-battery" in story.raised()
    assert [rule for rule in story.raised() if rule.startswith("nut-")] == []


@pytest.mark.parametrize(("scenario", "ups"), [("ups-registers-forged", "ups-a"), ("ups-card-forged", "ups-b")])
def test_a_lie_on_one_way_lowers_the_trust_of_both_with_a_reason_that_names_both(scenario: str, ups: str) -> None:
    story = Story().play(scenario, HELD_S)
    for asset in (ups, f"{ups}-nut"):
        assert state(story, asset) is Trust.VERIFY_LOCALLY
        texts = [text for code, text in reasons(story, asset).items() if code.startswith("verify:way-")]
        assert texts
        assert all(f" at {ups}, " in text and f" at {ups}-nut;" in text for text in texts)
    other = {"ups-a": "ups-b", "ups-b": "ups-a"}[ups]
    assert state(story, other) is Trust.DEGRADED
    story.plant.clear()
    story.run(CLEAR_S)
    assert state(story, ups) is state(story, f"{ups}-nut") is Trust.DEGRADED
    assert [f.body["asset"] for f in story.since if f.kind == "AlarmReturned"] == [ups]


def test_a_card_that_says_on_line_while_the_registers_say_on_battery_is_seen() -> None:
    story = Story(seed=3).play("utility-loss-late-generator", 10)
    story.reader.cards.insists = {"ups.status": "OL"}
    story.run(HELD_S)
    assert "verify:way-mode" in reasons(story, "ups-a")


@pytest.mark.parametrize("refresh_s", [2, 30])
@pytest.mark.parametrize(("scenario", "seed"), [("utility-loss-late-generator", 1), ("six-dips-transfer-lockout", 2)])
def test_a_card_whose_driver_asks_seldom_is_not_taken_for_a_liar(scenario: str, seed: int, refresh_s: int) -> None:
    story = Story(seed=seed)
    story.reader.cards.refresh_s = refresh_s
    story.run(refresh_s + 2)
    story.begin()
    story.play(scenario, BUSY_S)
    assert ways(story) == []
