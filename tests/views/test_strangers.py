"""Devices that nobody declared: where each was met."""

from ironkeep.decisions.inventory.match import Stranger
from ironkeep.model.register import Talk
from ironkeep.views.strangers import unknown


def talk(asker):
    return Talk(asker, "10.0.0.2", "modbus", 502, 3, 3, 0, 0, 1, 9)


def test_who_was_heard_at_a_tap_says_at_which_and_who_was_met_in_a_file_does_not():
    taps = {talk("10.0.0.66"): "con-1-bms"}
    heard = unknown(Stranger("10.0.0.66", talks=[talk("10.0.0.66")]), taps)
    assert heard.seen_in == ("heard at the tap of con-1-bms",)
    assert unknown(Stranger("10.0.0.67", talks=[talk("10.0.0.67")]), taps).seen_in == ("traffic",)
