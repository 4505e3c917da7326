"""Facts of every kind that a room folds, drawn by chance, and what the rooms made of them.

`python -m tests.upgrades.folds FILE` writes both down, for the release that is made; no such file is ever made anew.
"""

import json
import lzma
import sys
import typing
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from ironkeep.engine.rebuild import FOLDS
from ironkeep.engine.turn import Policies, Rooms
from ironkeep.facts.envelope import Body, Draft, Fact, canonical, kinds
from ironkeep.facts.seal import seal
from ironkeep.model.alarm import IncidentClass
from ironkeep.model.annunciation import Annunciator
from ironkeep.model.finding import FindingKind
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now
from ironkeep.model.trust import Trust
from ironkeep.programs.policies import policies
from ironkeep.programs.site import demo_declaration

START_US = 1_795_132_800_000_000
STEP_US = 30_000_000  # between two facts: 500 of them are four hours, more than any room remembers a raising
COUNT = 500
WORDS: dict[str, Sequence[object]] = {
    "annunciator": [*map(str, Annunciator)],
    "field": ["firmware", "serial", "options", "chain"],
    "finding_kind": [*map(str, FindingKind)],
    "incident_class": [*map(str, IncidentClass)],
    "reasons": [(), (("lost", "no answer"),)],
    "settings": [{}, {"trip_over_c": "60 °C"}],
    "TrustChanged.after": [*map(str, Trust)],
    "until_us": [START_US + n * 1_000_000_000 for n in range(15)],
}


def drawn(count: int = COUNT, seed: int = 47) -> list[Fact]:
    """That many facts of the kinds that rooms fold."""
    rng = np.random.default_rng(seed)
    folded = sorted({kind for room in FOLDS.values() for kind in room.FOLD.kinds})
    actors = ("person:kim", "engine", "room:telemetry", "room:inventory")
    found = []
    for seq in range(count):
        body = _body(kinds()[folded[rng.integers(len(folded))]], rng)
        at_us = START_US + seq * STEP_US
        draft = Draft(body, actors[rng.integers(len(actors))], observed_us=at_us - 7 if rng.integers(2) else None)
        found.append(seal(draft, seq, SiteId("s"), Now(at_us, 0))[0])
    return found


def _body(kind: type[Body], rng: np.random.Generator) -> Body:
    """A body that may stand in a fact. Names of one field come from a few, so that facts meet each other."""
    given: dict[str, object] = {}
    for field, told in typing.get_type_hints(kind).items():
        if typing.get_origin(told) is typing.ClassVar:
            continue
        words = WORDS.get(f"{kind.__name__}.{field}") or WORDS.get(field)
        if words is None and told is int:
            words = (1, 2, 3)
        elif words is None and told is bool:
            words = (False, True)
        elif words is None and told is str:
            words = [f"{field.removesuffix('s')}-{n}" for n in range(4)]
        elif words is None:
            assert told == tuple[str, ...], (kind, field)
            words = [(), (f"{field.removesuffix('s')}-1", f"{field.removesuffix('s')}-2")]
        given[field] = words[rng.integers(len(words))]
    return msgspec.convert(given, kind)


def of_the_site() -> Policies:
    """What the rooms decide by; a fold does not look at it."""
    return policies(demo_declaration())


def folded(facts: Sequence[Fact]) -> dict[str, str]:
    """The state of every fold, frozen."""
    rooms = Rooms.empty(of_the_site())
    rooms.absorb(facts)
    return {name: room.freeze(getattr(rooms, name)).decode() for name, room in FOLDS.items()}


if __name__ == "__main__":
    facts = drawn()
    made = {
        "facts": [canonical(fact).decode() for fact in facts],
        "versions": {name: room.FOLD.version for name, room in FOLDS.items()},
        "states": folded(facts),
    }
    Path(sys.argv[1]).write_bytes(lzma.compress(json.dumps(made, sort_keys=True).encode()))
