"""What a reader says of its contact with a device, whatever protocol it speaks."""

import numpy as np
import pytest

from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.link import LinkState, ReplyFault
from ironkeep.model.site import Device
from ironkeep.model.time import Now
from ironkeep.ports.contact import Contact, back_off

NOW = Now(1_795_000_000_000_000, 5)
LATER = Now(NOW.at_us + 1, 6)


def contact() -> Contact:
    return Contact(Device(DeviceId("bms"), AssetId("bank"), "modbus", "h", 502), "h:502 unit 1")


@pytest.mark.parametrize("state", [LinkState.DOWN, LinkState.NEVER])
def test_a_device_that_was_never_reached_is_never_rather_than_down(state):
    made = contact()
    made.closed(NOW, state, "nobody listens")
    assert (made.told().state, made.told().detail, made.away) == (LinkState.NEVER, "nobody listens", LinkState.NEVER)


def test_that_we_wait_because_we_were_refused_is_said_from_the_start():
    made = contact()
    made.closed(NOW, LinkState.BACKING_OFF, "refused")
    assert made.told().state is LinkState.BACKING_OFF


def test_a_state_counts_from_its_first_moment_and_a_device_once_reached_is_down_after_that():
    made = contact()
    made.replies += 1
    made.enter(LinkState.UP, NOW)
    made.enter(LinkState.UP, LATER)
    assert made.told().since_us == NOW.at_us
    made.closed(LATER, LinkState.DOWN, "gone")
    link = made.told("its chain is broken", "", authenticated=True)
    assert (link.state, link.since_us, link.authenticated) == (LinkState.DOWN, LATER.at_us, True)
    assert link.detail == "gone; its chain is broken"


def test_a_refused_reply_is_counted_by_what_is_wrong_with_it_and_what_was_told_stays_as_it_was():
    made = contact()
    made.count(ReplyFault.LATE)
    told = made.told()
    made.count(ReplyFault.LATE)
    assert (told.faults, made.told().faults) == ({"late": 1}, {"late": 2})


def test_a_wait_doubles_up_to_its_limit_and_never_falls_below_half():
    rng = np.random.default_rng(1)
    for count, most_s in ((1, 0.5), (2, 1.0), (5, 8.0), (8, 60.0), (10_000, 60.0)):
        waits = [back_off(count, 0.5, 60.0, rng) for _ in range(200)]
        assert most_s / 2 <= min(waits) < 0.6 * most_s
        assert 0.9 * most_s < max(waits) <= most_s
