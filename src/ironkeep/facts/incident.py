"""Facts of incidents: one case, its alarms, its stage, its commander, its end."""

from ironkeep.facts.envelope import Body


class IncidentOpened(Body, frozen=True):
    """A case began at once, under the shift lead as acting commander (safety S10)."""

    incident: str
    incident_class: str
    severity: int
    stage: int
    title: str
    next_step: str
    asset: str
    assets: tuple[str, ...]
    alarms: tuple[str, ...]
    commander: str


class AlarmJoined(Body, frozen=True):
    """One more alarm belongs to an open case."""

    incident: str
    asset: str
    alarm: str


class StageRaised(Body, frozen=True):
    """A thermal case is worse than thought: T1, T2 or T3 (safety S23-S25), with what showed it and the new next
    step. `raised_by` is the alarm with which it came true, `shown_by` its title and place; facts of 0.5.0 and before
    have neither.
    """

    incident: str
    asset: str
    stage: int
    severity: int
    why: str
    next_step: str
    raised_by: str = ""
    shown_by: str = ""


class StageLowered(Body, frozen=True):
    """A named person lowered the stage on fresh readings that positively show it (safety S26)."""

    incident: str
    asset: str
    stage: int
    by: str
    why: str
    next_step: str


class CommandTaken(Body, frozen=True):
    """A named person took over as commander, on the record."""

    incident: str
    asset: str
    by: str


class IncidentNoted(Body, frozen=True):
    """A named person wrote a line into the story."""

    incident: str
    asset: str
    by: str
    text: str


class IncidentQuieted(Body, frozen=True):
    """All alarms of the case have returned; the case stays open until a person closes it."""

    incident: str
    asset: str


class IncidentClosed(Body, frozen=True):
    """A named person closed the case with a cause class and a reason."""

    incident: str
    asset: str
    by: str
    cause_class: str
    reason: str
