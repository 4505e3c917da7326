"""The transfer switch by itself: what it calls, and what a lock-out leaves alone."""

import pytest

from ironkeep.twin.codes import AtsPosition
from ironkeep.twin.supply import INHIBIT_LOSSES, NOMINAL_HZ, NOMINAL_V, Source, TransferSwitch

RULES = {
    "start_delay_s": 3.0,
    "retransfer_delay_s": 120.0,
    "utility_voltage_min_v": 0.85 * NOMINAL_V,
    "generator_voltage_min_v": 0.9 * NOMINAL_V,
    "generator_frequency_min_hz": 47.5,
}
GOOD, DARK = Source(NOMINAL_V, NOMINAL_HZ), Source()


def dips(switch: TransferSwitch, generator: Source) -> list[bool]:
    """Is the generator called, second by second, through as many dips of the utility as lock the switch out?"""
    called, now_s = [], 0.0
    for _ in range(INHIBIT_LOSSES):
        for utility in (DARK, GOOD, GOOD, GOOD):
            called.append(switch.step(now_s, 1.0, utility, generator, RULES))
            now_s += 1.0
    assert switch.inhibited
    return called


@pytest.mark.parametrize("position", [AtsPosition.UTILITY, AtsPosition.GENERATOR])
def test_a_switch_that_is_locked_out_stays_where_it_stands_and_keeps_the_generator_only_if_that_carries_the_site(
    position: AtsPosition,
) -> None:
    switch = TransferSwitch(position=position)
    carried = position is AtsPosition.GENERATOR
    assert set(dips(switch, GOOD if carried else DARK)) == {carried}
    assert switch.position is position
    assert switch.step(100.0, 1.0, GOOD, GOOD if carried else DARK, RULES) is carried
