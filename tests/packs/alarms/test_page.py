"""The reference pages say what the packs say."""

from tests.packs.alarms.page import PAGES, alarms_page, detectors_page


def test_the_page_of_alarms_is_what_the_rules_say() -> None:
    assert (PAGES / "alarms.md").read_text() == alarms_page(), "run `python -m tests.packs.alarms.page`"


def test_the_page_of_detectors_is_what_the_checks_say() -> None:
    assert (PAGES / "detectors.md").read_text() == detectors_page(), "run `python -m tests.packs.alarms.page`"
