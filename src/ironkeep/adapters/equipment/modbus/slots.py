"""Connection slots: when there is none for us, and when it seems that we took somebody's (safety S49).

Rules. What is declared is believed: when the holders fill all slots we never connect. What nobody declared shows only
by what happens to us: a controller that closes its oldest connection for a newcomer closes ours when the one that we
threw out comes back. So a device that answers well and soon closes our connection, again and again, is left alone.
"""

from collections.abc import Sequence

from ironkeep.model.site import Device


def no_slot(devices: Sequence[Device]) -> str:
    """Why there is no connection to be had, in words; empty when there may be one. The most careful device rules."""
    slots = min((device.slots for device in devices if device.slots is not None), default=None)
    holders = tuple(dict.fromkeys(holder for device in devices for holder in device.slot_holders))
    if slots is None or len(holders) < slots:
        return ""
    held = "its only connection is" if slots == 1 else f"all its {slots} connections are"
    return f"not polled: {held} held by {', '.join(holders)}, and we must not take one away (safety S49)"


def evicted(times: int) -> str:
    """Why we stopped after being closed young so many times in a row, in words."""
    return (
        f"stopped: the device answered well and closed our connection soon, {times} times in a row. Somebody else may"
        " be losing theirs to us (safety S49): find out who, declare slots and slot_holders, and start again"
    )
