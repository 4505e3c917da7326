"""What the API says, as structs. A number that is not known is null, and `why` says why; an age stands beside it."""

from typing import Any

import msgspec

from ironkeep.model.access import Waiting
from ironkeep.model.alarm import Alarm
from ironkeep.model.finding import Finding
from ironkeep.model.incident import Incident
from ironkeep.model.link import Link
from ironkeep.model.live import EngineHealth
from ironkeep.model.time import rfc3339
from ironkeep.model.trust import AssetTrust
from ironkeep.ports.history import Trend
from ironkeep.ports.vault import Account, Token
from ironkeep.views.banks import BankRow
from ironkeep.views.scene import Value, oldest_us
from ironkeep.views.story import Case


class Reading(msgspec.Struct, frozen=True):
    """One value now. `number` in `unit`, positive on discharge; null when it is not known."""

    asset: str
    point: str
    unit: str
    number: float | None
    age_s: float | None
    quality: int
    why: tuple[str, ...]
    doubted: bool
    symbol: str = ""


class Bank(msgspec.Struct, frozen=True):
    """One bank now."""

    asset: str
    name: str
    purpose: str
    state: str
    soc: Reading
    power: Reading
    insulation: Reading
    hottest_c: float | None
    hottest_at: str
    spread_v: float | None
    trust: AssetTrust | None
    believed: bool
    age_s: float | None


class SiteNow(msgspec.Struct, frozen=True):
    """The first screen in figures. `runtime` stays null until it is computed."""

    site: str
    name: str
    simulated: bool
    at: str
    live: bool
    reasons: tuple[str, ...]
    charge_pct: float | None
    charge_from_banks: int
    banks_believed: int
    banks: int
    alarms_standing: int
    alarms_unacknowledged: int
    alarms_shelved: int
    findings: int
    incidents_open: int
    runtime: None = None


class AssetNow(msgspec.Struct, frozen=True):
    """Every point of one asset."""

    asset: str
    name: str
    kind: str
    trust: AssetTrust | None
    readings: tuple[Reading, ...]


class CellsNow(msgspec.Struct, frozen=True):
    """One map of cells: rows are modules; null where not known; `inferred` marks copies of another sensor."""

    string: str
    unit: str
    modules: tuple[str, ...]
    values: list[list[float | None]]
    inferred: list[list[bool]]
    outlier: list[list[bool]]
    balancing: list[list[bool]]


class AlarmList(msgspec.Struct, frozen=True):
    """One stretch of the list in its order, and how many there are in all."""

    alarms: tuple[Alarm, ...]
    standing: int
    unacknowledged: int
    shelved: int


class AlarmOne(msgspec.Struct, frozen=True):
    """One alarm with where to go, what to open and whom to call, as the site file says; empty where it says nothing."""

    alarm: Alarm
    place: str
    isolation: str
    contact: str


class Story(msgspec.Struct, frozen=True):
    """An incident with the lines of its story; each `seq` is the fact behind the line."""

    incident: Incident
    lines: tuple[dict[str, Any], ...]


class FactList(msgspec.Struct, frozen=True):
    """Facts, newest first, as they stand on the spine."""

    facts: tuple[dict[str, Any], ...]
    size: int


class Curve(msgspec.Struct, frozen=True):
    """A trend in buckets: times in seconds since the epoch; null where nothing usable was read, so gaps stay gaps."""

    asset: str
    point: str
    unit: str
    at_s: list[float]
    low: list[float | None]
    mean: list[float | None]
    high: list[float | None]


class Devices(msgspec.Struct, frozen=True):
    """Every link, as of the newest turn."""

    links: tuple[Link, ...]


class Findings(msgspec.Struct, frozen=True):
    """The OT queue: open findings, newest first."""

    findings: tuple[Finding, ...]


class Trusted(msgspec.Struct, frozen=True):
    """The trust of every asset that is judged."""

    assets: tuple[AssetTrust, ...]


class Health(msgspec.Struct, frozen=True):
    """Whether live data flow, with the reasons why not."""

    live: bool
    reasons: tuple[str, ...]
    engine: EngineHealth | None


class Coverage(msgspec.Struct, frozen=True):
    """By bank and signal: how many points are offered, how many have a usable value now, and the word for it."""

    banks: dict[str, dict[str, dict[str, int | str]]]


class Me(msgspec.Struct, frozen=True):
    """The session: who, which role, and the mark that requests must carry in the header X-CSRF."""

    account: str
    role: str
    csrf: str
    acts: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True):
    """A named account. `closed` ones stay, so that nobody takes the name again. A vendor's person has an employer, and
    from `until` on gets in no more.
    """

    name: str
    role: str
    created: str
    last_log_in: str | None
    closed: bool
    sessions: int
    employer: str | None = None
    until: str | None = None


class Program(msgspec.Struct, frozen=True):
    """A program's token without its secret: `token` is the prefix, `last_use` a day."""

    service: str
    token: str
    owner: str
    scopes: tuple[str, ...]
    until: str
    last_use: str | None
    state: str


class Waits(msgspec.Struct, frozen=True):
    """A request that waits for a second person."""

    asked: str
    request_kind: str
    subject: str
    by: str
    at: str
    until: str
    told: dict[str, Any]


class Asked(msgspec.Struct, frozen=True):
    """What the engine made of a request: the facts that it became."""

    accepted: bool
    facts: tuple[int, ...]
    reason: str = ""
    remedy: str = ""


def reading(value: Value) -> Reading:
    """A value as the API says it."""
    age_s = None if value.age_us is None else round(value.age_us / 1e6, 3)
    return Reading(
        value.asset, value.point, value.unit, value.number, age_s, value.quality, value.why, value.doubted, value.symbol
    )


def bank(row: BankRow) -> Bank:
    """A row of the banks table as the API says it."""
    hottest = row.cells.hottest
    return Bank(
        asset=row.asset.id,
        name=row.asset.name,
        purpose=str(row.asset.purpose),
        state=row.state,
        soc=reading(row.soc),
        power=reading(row.power),
        insulation=reading(row.insulation),
        hottest_c=hottest.number,
        hottest_at=f"{hottest.asset}.{hottest.cell}" if hottest.asset else "",
        spread_v=row.cells.spread.number,
        trust=row.trust,
        believed=row.believed,
        age_s=None if (age_us := oldest_us(row.values)) is None else round(age_us / 1e6, 3),
    )


def story(case: Case) -> Story:
    """A case as the API says it."""
    lines = tuple(
        {"seq": line.seq, "at": rfc3339(line.at_us), "by": line.actor, "text": line.text, "because": line.why}
        for line in case.story
    )
    return Story(case.incident, lines)


def curve(trend: Trend) -> Curve:
    """A trend as the API says it."""
    low, mean, high = (_nullable(each.tolist()) for each in (trend.low, trend.mean, trend.high))
    return Curve(trend.asset, trend.point, trend.unit, (trend.at_us / 1e6).tolist(), low, mean, high)


def nullable_table(table: Any) -> list[list[float | None]]:
    """A table of numbers with null for NaN."""
    return [_nullable(row) for row in table.tolist()]


def _nullable(row: list[float]) -> list[float | None]:
    return [None if number != number else number for number in row]


def person(account: Account) -> Person:
    """An account as the API says it."""
    seen = rfc3339(account.seen_us) if account.seen_us else None
    closed = bool(account.closed_us)
    until = rfc3339(account.until_us) if account.until_us else None
    return Person(
        *(account.name, account.role, rfc3339(account.created_us), seen, closed, account.sessions),
        employer=account.employer or None,
        until=until,
    )


def program(token: Token, state: str) -> Program:
    """A token as the API says it."""
    used = rfc3339(token.used_us)[:10] if token.used_us else None
    until = rfc3339(token.expires_us)
    return Program(token.service, token.prefix, token.owner, token.scopes, until, used, state)


def waits(found: Waiting) -> Waits:
    """What waits for a second person, as the API says it."""
    told = msgspec.json.decode(found.told, type=dict[str, Any])
    at, until = rfc3339(found.at_us), rfc3339(found.until_us)
    return Waits(found.asked, found.request_kind, found.subject, found.by, at, until, told)
