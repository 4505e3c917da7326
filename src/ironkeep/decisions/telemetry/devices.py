"""Who answers, who has fallen silent, what devices say about themselves, and replies that answered nothing.

An endpoint is one address; several units may stand behind it. One silent endpoint is one loss, however many units it
has. A unit is lost alone only when its endpoint still answers for others. Silence is measured on the monotonic clock.
"""

from collections.abc import Iterator

import msgspec

from ironkeep.decisions.telemetry.memory import Memory, Silence, talk_key
from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.facts import device
from ironkeep.facts.envelope import Draft
from ironkeep.model.ids import DeviceId
from ironkeep.model.link import Link, Particulars
from ironkeep.model.picture import Picture
from ironkeep.model.time import SECOND_US, Now

ACTOR = "room:telemetry"
LOST_POLLS = 3  # missed in a row before a device that is asked seldom is lost; as many as lose a value (adapters)
TURN_COUNTS_US = 3 * SECOND_US  # of silence at most that one turn adds: when we stood still ourselves, nobody was asked
TALK_EVERY_US = 86_400 * SECOND_US  # in which a conversation that goes on is told again
FIELDS = (
    ("manufacturer", "manufacturer"),
    ("model", "model"),
    ("options", "options"),
    ("firmware", "version"),
    ("serial", "serial"),
    ("chain", "chain"),
)


def listen(silence: Silence, links: tuple[Link, ...], now: Now) -> Silence:
    """When each device was last heard. One never heard is counted from its first sight."""
    unasked_us = max(now.mono_us - silence.listened_us - TURN_COUNTS_US, 0) if silence.listened_us else 0
    replies, heard = dict(silence.replies), {each: us + unasked_us for each, us in silence.heard_us.items()}
    for link in links:
        if link.replies != replies.get(link.device, 0) or link.device not in heard:
            heard[link.device] = now.mono_us
        replies[link.device] = link.replies
    return Silence(replies, heard, now.mono_us)


def silent(silence: Silence, plan: Plan, policy: Policy, now: Now) -> dict[DeviceId, int]:
    """Devices that count as lost, and for how long each was silent in microseconds: the first of a silent endpoint for
    all of it, else single units. Nobody is silent who has not been asked meanwhile.
    """
    found: dict[DeviceId, int] = {}
    period_s = {device.id: device.period_s for device in policy.site.devices}
    for members in plan.endpoints:
        known = [device for device in members if device in silence.heard_us]
        if not known:
            continue
        quiet = {device: now.mono_us - silence.heard_us[device] for device in known}
        limit_us = {d: max(policy.lost_after_s, LOST_POLLS * period_s.get(d, 0.0)) * SECOND_US for d in known}
        if all(us >= limit_us[d] for d, us in quiet.items()):
            found[known[0]] = min(quiet.values())
        else:
            found |= {d: us for d, us in quiet.items() if us >= limit_us[d] * policy.lost_unit_factor}
    return found


def reach_drafts(
    memory: Memory, silence: Silence, picture: Picture, plan: Plan, lost: dict[DeviceId, int]
) -> Iterator[Draft]:
    """DeviceLost and DeviceReached where the facts do not say so yet. One DeviceReached an endpoint's device."""
    standing = memory.standing
    by_device = {link.device: link for link in picture.links}
    for name, quiet_us in lost.items():
        link = by_device.get(name)
        if link is not None and name not in standing.lost:
            never = silence.replies.get(name, 0) == 0
            why = link.detail or (
                "never answered" if never else f"no believable reply for {quiet_us / SECOND_US:.0f} s"
            )
            body = device.DeviceLost(name, link.asset, link.address, why)
            yield Draft(body, ACTOR, observed_us=picture.at_us - quiet_us)
    for link in picture.links:
        if (
            link.device in lost
            or not silence.replies.get(link.device, 0)
            or _behind_a_lost_one(link.device, plan, lost)
        ):
            continue
        gone = standing.lost.get(link.device)
        if gone is not None or link.device not in standing.reached:
            silent_ms = max(picture.at_us - gone.since_us, 0) // 1000 if gone else 0
            body_ = device.DeviceReached(link.device, link.asset, link.address, silent_ms)
            yield Draft(body_, ACTOR, cause=gone.fact if gone else None, observed_us=link.reply_us or None)


def _behind_a_lost_one(name: DeviceId, plan: Plan, lost: dict[DeviceId, int]) -> bool:
    number = plan.endpoint_of.get(name)
    return number is not None and plan.endpoints[number][0] in lost


def described_drafts(memory: Memory, particulars: tuple[Particulars, ...]) -> Iterator[Draft]:
    """DeviceDescribed for the first words of a device, ParticularsChanged for each word that is another one now."""
    for said in particulars:
        known = memory.standing.described.get(said.device)
        if known == said:
            continue
        cause = memory.standing.reached.get(said.device)
        if known is None:
            yield Draft(
                device.DeviceDescribed(
                    said.device,
                    said.asset,
                    said.manufacturer,
                    said.model,
                    said.options,
                    said.version,
                    said.serial,
                    said.chain,
                ),
                ACTOR,
                cause=cause,
            )
            continue
        for field, name in FIELDS:
            before, after = _text(getattr(known, name)), _text(getattr(said, name))
            if before != after:
                body = device.ParticularsChanged(said.device, said.asset, field, before, after)
                yield Draft(body, ACTOR, cause=cause)


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def refused_drafts(memory: Memory, links: tuple[Link, ...], policy: Policy, now: Now) -> Iterator[Draft]:
    """ReplyRefused for what was refused since the last such fact; at most one a device and fault in a minute."""
    for link in links:
        for fault, count in sorted(link.faults.items()):
            before = memory.standing.refused.get(f"{link.device}|{fault}")
            fresh = count - (before.count if before else 0)
            waited = before is None or abs(now.at_us - before.at_us) >= policy.refused_every_s * SECOND_US
            if fresh > 0 and waited:
                yield Draft(device.ReplyRefused(link.device, link.asset, fault, fresh), ACTOR)


def talked_drafts(memory: Memory, links: tuple[Link, ...], now: Now) -> Iterator[Draft]:
    """TalkOverheard for each conversation that was not told within a day, or not as one that writes."""
    for link in links:
        for talk in link.talks:
            before = memory.standing.talked.get(talk_key(talk.asker, talk.answerer, talk.protocol, talk.port))
            if before is None or abs(now.at_us - before.at_us) >= TALK_EVERY_US or (talk.writes and not before.count):
                yield Draft(device.TalkOverheard(link.device, link.asset, **msgspec.structs.asdict(talk)), ACTOR)


def written_drafts(memory: Memory, links: tuple[Link, ...], policy: Policy, now: Now) -> Iterator[Draft]:
    """WriteOverheard for what was written by stations that the site file does not name, since the last such fact; at
    most one a device and station in a minute.
    """
    declared = {each.id: each.writers for each in policy.site.devices}
    for link in links:
        for writer in link.writers:
            before = memory.standing.written.get(f"{link.device}|{writer.address}")
            fresh = writer.count - (before.count if before else 0)
            waited = before is None or abs(now.at_us - before.at_us) >= policy.refused_every_s * SECOND_US
            if fresh > 0 and waited and writer.address not in declared.get(link.device, ()):
                body = device.WriteOverheard(link.device, link.asset, writer.address, fresh, "; ".join(writer.newest))
                yield Draft(body, ACTOR)
