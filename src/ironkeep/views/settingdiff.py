"""Two setting files side by side: what changed, in engineering units, and which promise hangs on it, worst first.

Rules. 1. Settings are paired by their whole name; what is left by the name without its punctuation, then by the words
in it, and only where one of each is left: such a pair is told as named otherwise. 2. Two values are equal when they are
the same number in the same unit, the same switch position or the same text; how they are written does not matter, and
how many are written otherwise is told. 3. Order: protection, grid, reserve, alarm, access, other; a promise made weaker
first; then the gravest. What we do not know stands below what we know, never hidden. 4. A secret's values are never in
the result: only that it changed. 5. Volatile values, measurements and commands are no settings (safety S55 to S58):
they are counted and named, and differ without being a difference. Who the device is (serial, firmware) is shown apart.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from fractions import Fraction

import msgspec

from ironkeep.model.setting import Meaning, Promise

PROMISES: dict[Promise, str] = {
    Promise.PROTECTION: "keeps cells, equipment and people from harm",
    Promise.GRID: "promised to the grid operator",
    Promise.RESERVE: "keeps energy for the load",
    Promise.ALARM: "tells people of trouble",
    Promise.ACCESS: "decides who can reach and change the equipment",
    Promise.OTHER: "not known to us: judge it yourself",
}
HIDDEN_TITLE = "A password or a key"
MAYBE_SWITCH = "From 0 to 1 or back: a switch, or a figure: the manual says which."
MAYBE_OFF = "0 is the strictest, or switches it off altogether: the manual says which."
OFF_WORDS = frozenset("off false disabled disable no none 0 inactive n aus nein inaktiv gesperrt arrêt non".split())
ON_WORDS = frozenset("on true enabled enable yes 1 y ein ja aktiv freigegeben marche oui".split())


class Effect(StrEnum):
    """What a change does to the promise."""

    WEAKER = "weaker"
    STRONGER = "stronger"
    UNKNOWN = "unknown"


class Setting(msgspec.Struct, frozen=True):
    """One entry of a file. `kind` is setting, command, volatile, measurement or identity. `number` is in the canonical
    `unit` ("" where none is said); `shown` is how people read it. A secret's `written` never leaves the comparison.
    """

    key: str
    place: str
    kind: str
    written: str
    shown: str
    number: Fraction | None = None
    unit: str = ""
    words: tuple[str, ...] = ()
    secret: bool = False
    meaning: Meaning | None = None


class Side(msgspec.Struct, frozen=True):
    """One of the two files."""

    name: str
    form: str
    sha256: str
    settings: int
    remarks: tuple[str, ...]


class Change(msgspec.Struct, frozen=True):
    """One difference. `kind` is changed, added or removed. `before` and `after` are in engineering units, empty for a
    secret. `number` is its place among all settings, from 0. `shares` are both as shares of the greater one, for
    figures of which none is below zero.
    """

    kind: str
    promise: Promise
    known: bool
    key: str
    title: str
    before: str
    after: str
    difference: str
    effect: Effect
    consequence: str
    means: str
    source: str
    secret: bool
    number: int = 0
    before_place: str = ""
    after_place: str = ""
    named_before: str = ""  # where the file before calls it otherwise
    before_written: str = ""
    after_written: str = ""
    shares: tuple[float, float] | None = None
    rank: int = 9
    size: float = 0.0  # of the change, relative; orders changes of one rank


class Apart(msgspec.Struct, frozen=True):
    """An entry that is no setting: its class, its name, whether it differs; values where it says who the device is."""

    kind: str
    key: str
    differs: bool
    before: str = ""
    after: str = ""


class SettingDiff(msgspec.Struct, frozen=True):
    """The comparison. `changes` worst first, the known before the unknown; `rewritten` counts equal values that are
    written otherwise.
    """

    before: Side
    after: Side
    changes: tuple[Change, ...]
    equal: int
    rewritten: int
    apart: tuple[Apart, ...]

    @property
    def same(self) -> bool:
        """Is every setting equal?"""
        return not self.changes


Alike = Callable[[Fraction, Fraction], bool]
Pair = tuple[Setting | None, Setting | None]


def compare(before: Side, ours: Sequence[Setting], after: Side, theirs: Sequence[Setting], alike: Alike) -> SettingDiff:
    """The comparison of two files' entries; `alike` says when two numbers count as equal."""
    pairs = _paired(
        [each for each in ours if each.kind == "setting"], [each for each in theirs if each.kind == "setting"]
    )
    changes: list[Change] = []
    equal = rewritten = 0
    for number, (one, other) in enumerate(pairs):
        if one and other and _equal(one, other, alike):
            equal += 1
            rewritten += one.written != other.written
        else:
            changes.append(_change(one, other, number))
    return SettingDiff(
        before=before,
        after=after,
        changes=tuple(sorted(changes, key=_gravity)),
        equal=equal,
        rewritten=rewritten,
        apart=_apart(ours, theirs),
    )


# -------------------------------------------------------------------------------------------------------------- pairing


def _paired(ours: Sequence[Setting], theirs: Sequence[Setting]) -> list[Pair]:
    """Each setting with its counterpart in the other file, or with None."""
    left, right = dict.fromkeys(range(len(ours))), dict.fromkeys(range(len(theirs)))
    found: list[tuple[int, int]] = []
    keys: tuple[Callable[[Setting], object], ...] = (
        lambda each: each.key,
        lambda each: re.sub(r"[\W_]+", "", each.key).casefold(),
        lambda each: (each.words, each.meaning.name if each.meaning else ""),
        lambda each: re.sub(r"[\W_]+", "", each.key.rpartition(".")[2]).casefold(),
    )
    for key in keys:
        one = _alone(left, ours, key)
        other = _alone(right, theirs, key)
        for name in one.keys() & other.keys():
            found.append((one[name], other[name]))
            del left[one[name]], right[other[name]]
    pairs: list[Pair] = [(ours[i], theirs[j]) for i, j in sorted(found)]
    return [*pairs, *((ours[i], None) for i in left), *((None, theirs[j]) for j in right)]


def _alone(left: Iterable[int], settings: Sequence[Setting], key: Callable[[Setting], object]) -> dict[object, int]:
    """The settings that are alone under their key."""
    names = {i: key(settings[i]) for i in left}
    times = Counter(names.values())
    return {name: i for i, name in names.items() if times[name] == 1 and name not in ("", ((), ""))}


# -------------------------------------------------------------------------------------------------------------- judging


def _equal(one: Setting, other: Setting, alike: Alike) -> bool:
    if one.written == other.written and one.unit == other.unit:
        return True
    if one.secret or other.secret:
        return one.written == other.written
    if one.number is not None and other.number is not None:
        return (one.unit == other.unit or not one.unit or not other.unit) and alike(one.number, other.number)
    here, there = _switch(one), _switch(other)
    if here is not None and there is not None:
        return here == there
    return " ".join(one.written.split()) == " ".join(other.written.split())


def _switch(setting: Setting) -> bool | None:
    """On, off, or no position of a switch."""
    word = setting.written.strip().casefold()
    return False if word in OFF_WORDS else True if word in ON_WORDS else None


def _change(one: Setting | None, other: Setting | None, number: int) -> Change:
    some = other or one
    assert some is not None
    secret = bool((one and one.secret) or (other and other.secret))
    meaning = some.meaning or (one.meaning if one else None)
    effect, consequence = _effect(one, other, meaning)
    promise = meaning.promise if meaning else Promise.ACCESS if secret else Promise.OTHER
    renamed = one is not None and other is not None and one.key != other.key
    return Change(
        kind="changed" if one and other else "added" if other else "removed",
        promise=promise,
        known=meaning is not None or secret,
        key=some.key,
        title=meaning.title if meaning else HIDDEN_TITLE if secret else some.key,
        before="" if secret or one is None else one.shown,
        after="" if secret or other is None else other.shown,
        difference="" if secret else _difference(one, other),
        effect=effect,
        consequence=consequence,
        means=meaning.means if meaning else "",
        source=meaning.source if meaning else "",
        secret=secret,
        number=number,
        before_place=one.place if one else "",
        after_place=other.place if other else "",
        named_before=one.key if renamed and one else "",
        before_written="" if secret or one is None else one.written,
        after_written="" if secret or other is None else other.written,
        shares=None if secret else _shares(one, other),
        rank=meaning.rank if meaning else 9,
        size=_size(one, other),
    )


def _effect(one: Setting | None, other: Setting | None, meaning: Meaning | None) -> tuple[Effect, str]:
    """What the change does to the promise, and the sentence for it."""
    if meaning is None:
        return Effect.UNKNOWN, ""
    if one is None or other is None:
        return Effect.UNKNOWN, "It was not in the file before." if one is None else "It is not in the file any more."
    if meaning.weaker in ("off", "on") or meaning.negated:
        return _switched(_switch(other), meaning)
    if one.number is None or other.number is None:
        if _switch(other) is False and _switch(one) is not False:
            return Effect.WEAKER, "It is switched off now."
        return Effect.UNKNOWN, "It is switched on now." if _switch(one) is False else ""
    if {one.number, other.number} == {0, 1} and not other.unit and meaning.weaker != "both":
        return Effect.UNKNOWN, MAYBE_SWITCH
    if other.number == 0 != one.number and meaning.weaker != "lower":
        return Effect.UNKNOWN, MAYBE_OFF
    direction = "higher" if other.number > one.number else "lower"
    sentence = _filled(meaning.higher if direction == "higher" else meaning.lower, one.number, other.number)
    if meaning.weaker == "both":
        return Effect.UNKNOWN, sentence
    return Effect.WEAKER if direction == meaning.weaker else Effect.STRONGER, sentence


def _switched(written: bool | None, meaning: Meaning) -> tuple[Effect, str]:
    """What a switch does that reads so now; nothing can be said where it is no position of one."""
    if written is None:
        return Effect.UNKNOWN, ""
    position = written is not meaning.negated
    if meaning.weaker in ("off", "on"):
        weaker = position is (meaning.weaker == "on")
        return Effect.WEAKER if weaker else Effect.STRONGER, meaning.on if position else meaning.off
    return (Effect.UNKNOWN, "It is switched on now.") if position else (Effect.WEAKER, "It is switched off now.")


def _filled(sentence: str, one: Fraction, other: Fraction) -> str:
    """The sentence with `{inverse}`, what is inversely proportional to the setting now, as a share of before."""
    if "{inverse}" not in sentence:
        return sentence
    share = f"{figure(one / other * 100, 3)} %" if one > 0 and other > 0 else "another share"
    return sentence.replace("{inverse}", share)


def _difference(one: Setting | None, other: Setting | None) -> str:
    """The step between two numbers in words: "+2 percentage points", "-0.15 V (-4.1 %)"."""
    if one is None or other is None or one.number is None or other.number is None:
        return ""
    if one.unit != other.unit and one.unit and other.unit:
        return f"unit changed from {one.unit} to {other.unit}"
    step, unit = other.number - one.number, one.unit or other.unit
    sign = "+" if step > 0 else "\u2212"
    amount = f"{sign}{figure(abs(step))}"
    if unit == "%":
        return f"{amount} percentage points"
    share = f" ({sign}{figure(abs(step / one.number) * 100, 3)} %)" if one.number and unit != "°C" else ""
    return f"{amount} {unit}".rstrip() + share


def figure(number: Fraction, digits: int = 6) -> str:
    """The number with that many significant digits, without an exponent where it is short."""
    text = f"{float(number):.{digits}g}"
    return f"{float(number):.0f}" if "e" in text and abs(number) < 10**12 and abs(number) >= 1 else text


def _size(one: Setting | None, other: Setting | None) -> float:
    if one is None or other is None or one.number is None or other.number is None:
        return 1.0
    widest = max(abs(one.number), abs(other.number))
    return float(abs(other.number - one.number) / widest) if widest else 0.0


def _shares(one: Setting | None, other: Setting | None) -> tuple[float, float] | None:
    if one is None or other is None or one.number is None or other.number is None or one.unit != other.unit:
        return None
    greater = max(one.number, other.number)
    return (float(one.number / greater), float(other.number / greater)) if min(one.number, other.number) >= 0 else None


def _gravity(change: Change) -> tuple[int, int, int, float, str]:
    """Sorting key: the gravest first."""
    effect = (Effect.WEAKER, Effect.UNKNOWN, Effect.STRONGER).index(change.effect)
    return (list(Promise).index(change.promise), effect, change.rank, -change.size, change.key)


def _apart(ours: Sequence[Setting], theirs: Sequence[Setting]) -> tuple[Apart, ...]:
    """What is no setting, by class and name."""
    one = {each.key: each for each in ours if each.kind != "setting"}
    other = {each.key: each for each in theirs if each.kind != "setting"}
    found = []
    for key in dict.fromkeys((*one, *other)):
        here, there = one.get(key), other.get(key)
        some = there or here
        assert some is not None
        shown = some.kind == "identity" and not some.secret
        found.append(
            Apart(
                kind=some.kind,
                key=key,
                differs=here is None or there is None or here.written != there.written,
                before=here.shown if here and shown else "",
                after=there.shown if there and shown else "",
            )
        )
    return tuple(found)
