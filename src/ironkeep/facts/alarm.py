"""Facts of alarms: each raising, return, acknowledgement and shelving. The alarm list is a fold of these."""

from ironkeep.facts.envelope import Body


class AlarmRaised(Body, frozen=True):
    """An alarm began. Numbers are decimal text with unit; `members` are the assets a root alarm stands for."""

    alarm: str
    rule: str
    asset: str
    priority: int
    title: str
    value: str
    limit: str
    cause: str
    consequence: str
    action: str
    respond_s: int
    annunciator: str
    incident_class: str
    life_safety: bool
    latched: bool
    members: tuple[str, ...]
    attack: str


class AlarmReturned(Body, frozen=True):
    """The condition is positively gone, on fresh readings, for the whole off delay (missing data never returns an
    alarm).
    """

    alarm: str
    asset: str
    value: str


class AlarmAcknowledged(Body, frozen=True):
    """A named person saw it. Life-safety alarms are acknowledged one by one (safety S42)."""

    alarm: str
    asset: str
    by: str


class AlarmShelved(Body, frozen=True):
    """A named person put it aside until a time, with a reason; it comes back by itself."""

    alarm: str
    asset: str
    by: str
    until: int
    reason: str


class AlarmUnshelved(Body, frozen=True):
    """It is back on the list: by a person, or because its time ran out (`by` is then "engine")."""

    alarm: str
    asset: str
    by: str


class AlarmReset(Body, frozen=True):
    """A named person reset a latched alarm after its condition had returned."""

    alarm: str
    asset: str
    by: str


class FloodBegan(Body, frozen=True):
    """More than 10 alarms were raised within 10 minutes. Alarms are kept all the same; `count` of them so far."""

    count: int


class FloodEnded(Body, frozen=True):
    """Fewer than 5 alarms were raised within the last 10 minutes; `count` while the flood lasted."""

    count: int
