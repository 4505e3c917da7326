"""Facts of telemetry: trust that changed, settings that changed, findings for the OT queue."""

from ironkeep.facts.envelope import Body, Fact
from ironkeep.model.finding import Finding, FindingKind
from ironkeep.model.ids import AssetId, FindingId


class TrustChanged(Body, frozen=True):
    """The trust state of an asset changed. `reasons` are pairs of stable code and text for people."""

    asset: str
    before: str
    after: str
    reasons: tuple[tuple[str, str], ...]


class PassportTaken(Body, frozen=True):
    """The settings of an asset as first read or as approved: `digest` over its sorted points classed setting.

    `settings` maps point to decimal text with unit; `approved_by` is empty for one taken by the engine.
    """

    asset: str
    digest: str
    settings: dict[str, str]
    approved_by: str


class SettingChanged(Body, frozen=True):
    """A point classed setting no longer has the value last seen. `before` is that of the passport in force the first
    time; a change back to it is written too. `protective`: protection or a promise to the grid hangs on it.
    """

    asset: str
    point: str
    before: str
    after: str
    unit: str
    meaning: str
    protective: bool = False


class FindingOpened(Body, frozen=True):
    """Something a specialist should know that asks no operator action (safety S44)."""

    finding: str
    finding_kind: str
    asset: str
    what: str
    sure: str
    next_step: str
    attack: str
    code: str = ""  # which check or point, where one kind may stand several times on an asset


class FindingClosed(Body, frozen=True):
    """What was found is no longer so, or was settled by a person."""

    finding: str
    asset: str
    why: str


def finding_of(body: FindingOpened, fact: Fact) -> Finding:
    """The finding as it stands when its opening is a fact."""
    return Finding(
        id=FindingId(body.finding),
        kind=FindingKind(body.finding_kind),
        asset=AssetId(body.asset),
        what=body.what,
        sure=body.sure,
        next_step=body.next_step,
        opened_us=fact.observed_at or fact.at,
        opened_seq=fact.seq,
        attack=body.attack,
        code=body.code,
    )
