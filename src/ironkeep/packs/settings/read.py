"""Reads the files of this folder, and tells for a setting's path what it means, or that we do not know it.

Rules. 1. A path is cut into words, short forms are spelled out, a name without breaks is cut where our words fit it
whole. 2. A meaning fits when one of its names is the path's end, or when all words of one of its word lists stand in
the path, at least one of them in its last part that says anything, and none of its `without` words does. 3. The longest
fit wins; an exact name beats any words. 4. A unit of another quantity than the meaning's is no fit. 5. What fits
nothing is not known, and that is said; nothing is guessed from its neighbours. 6. Names of no setting (stamps,
counters, measured values, who the device is) are told apart by their class (safety S55 to S58). 7. A word such as
disable, inhibit or ignore turns what a name says into its opposite, unless the meaning is told by that very word; two
of them turn it back.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from ironkeep.codecs.settings.entries import Entry, EntryClass
from ironkeep.codecs.units import Unit
from ironkeep.model.errors import Refused
from ironkeep.model.setting import Meaning, Promise

FILES: Final = ("grid.toml", "protection.toml", "reserve.toml", "alarm.toml", "access.toml")
WORDS_FILE: Final = "words.toml"
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_MIXED: Final = re.compile(r"So[CHE](?![a-z])")  # short forms in mixed case that no break shows
_OF: Final = re.compile(
    r"([Ee]nd|[Ss]tate|[Dd]epth|[Nn]umber|[Rr]ate|[Ll]oss|[Tt]ime)[\W_]?[Oo]f(?![a-z])[\W_]?"
)  # not 81 OF
_STAGE: Final = re.compile(r"([VUIFf])\s*([<>])+|([<>])+\s*([VUIFf])(?![a-z])|([<>])+\s*(?=[Ff]req|[Vv]olt|[Cc]urr)")
_STAGED: Final = {"v": "voltage", "u": "voltage", "i": "current", "f": "frequency"}  # stages of IEC 60255: U>, f<
_SEGMENTED_MIN: Final = 5  # letters of a word that is looked at for words inside it
_SEGMENTED_MAX: Final = 48
_QUANTITY: Final = {"V": "voltage", "A": "current", "Hz": "frequency", "°C": "temperature", "W": "power", "s": "time"}
_SAID: Final = frozenset("voltage current frequency temperature power".split())  # quantities that a name says itself

_NEGATING: Final = frozenset(
    "not inhibit inhibited block blocked ignore bypass mask mute suppress override forbid".split()
)

Kind = Literal["setting", "command", "volatile", "measurement", "identity"]


class Known(Meaning, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A meaning and what it is told by: word lists, exact names (with `*`), words that must not stand beside them."""

    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    without: str = ""


class Judged(msgspec.Struct, frozen=True):
    """What an entry is: its kind, its meaning where we know one, and its words, alike for all spellings."""

    kind: Kind
    meaning: Known | None
    words: tuple[str, ...]


class _KeptOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["volatile", "measurement", "identity"] = msgspec.field(name="class")
    names: tuple[str, ...]


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    short: dict[str, str]
    empty: dict[str, str]
    kept_out: tuple[_KeptOut, ...]


class _Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning: tuple[Known, ...]


class Lexicon:
    """All that is known of setting names."""

    def __init__(self, words: _Words, meanings: tuple[Known, ...]) -> None:
        self._short = {short: tuple(long.split()) for short, long in words.short.items()}
        self._empty = frozenset(words.empty["words"].split())
        self._kept = [(each.kind, _pattern(each.names)) for each in words.kept_out]
        self._exact: dict[str, Known] = {}
        self._globs: list[tuple[int, re.Pattern[str], Known]] = []
        self._lists: list[tuple[frozenset[str], frozenset[str], Known]] = []
        for meaning in meanings:
            for name in meaning.names:
                if "*" in name or "[" in name:
                    self._globs.append((len(re.sub(r"\[[^]]*\]|[^a-z0-9]", "", name)), _pattern((name,)), meaning))
                else:
                    self._exact[name] = meaning
            without = frozenset(meaning.without.split())
            for some in meaning.words:
                needed = frozenset(some.split())
                self._lists.append((needed, without, meaning))
        self._globs.sort(key=lambda each: -each[0])
        self._by_word: dict[str, list[tuple[frozenset[str], frozenset[str], Known]]] = {}
        for each in self._lists:
            for word in each[0]:
                self._by_word.setdefault(word, []).append(each)
        known = {word for needed, without, _ in self._lists for word in (*needed, *without)}
        self._vocabulary = known | {word for long in self._short.values() for word in long}
        self._cuttable = {word for word in (*self._vocabulary, *self._short) if len(word) >= 3}
        self.meanings = meanings

    def words_of(self, segment: str) -> tuple[str, ...]:
        """The words of one part of a path, in order, short forms spelled out."""
        found: list[str] = []
        segment = _MIXED.sub(lambda found: found[0].capitalize(), segment)
        segment = _OF.sub(r"\1 ", segment)
        if "<" in segment or ">" in segment:
            segment = _STAGE.sub(_spelled, segment)
        whole = (token for token in re.split(r"[\W_]+", segment) if token)
        for raw in (
            part for token in whole for part in ([token] if token.casefold() in self._short else _WORD.findall(token))
        ):
            word = raw.casefold()
            if word in self._short:
                found += self._short[word]
            elif word in self._vocabulary or word.isdecimal():
                found.append(word)
            else:
                found += self._cut(word) or ((word[:-1],) if word[:-1] in self._vocabulary else (word,))
        return tuple(found)

    def _cut(self, word: str) -> tuple[str, ...]:
        """The words that a name without breaks is made of, when ours fit it whole; else nothing."""
        if not _SEGMENTED_MIN <= len(word) <= _SEGMENTED_MAX:
            return ()
        best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
        for end in range(3, len(word) + 1):
            for start in range(end - 2):
                before, part = best[start], word[start:end]
                if before is None or part not in self._cuttable:
                    continue
                made = (*before, part)
                if (kept := best[end]) is None or len(made) < len(kept):
                    best[end] = made
        whole = best[len(word)]
        return () if whole is None else tuple(long for part in whole for long in self._short.get(part, (part,)))

    def judge(self, entry: Entry, unit: Unit) -> Judged:
        """What an entry is; `unit` is its canonical unit as far as the file says one."""
        parts = [self.words_of(segment) for segment in entry.path]
        last = next((part for part in reversed(parts) if not all(map(self._says_nothing, part))), parts[-1])
        words = {word for part in parts for word in part}
        told = tuple(sorted(words - self._empty))
        key = _plain(entry.key)
        kind = self._kind(entry, key)
        if kind != "setting":
            return Judged(kind, None, told)
        if (exact := self._named(key)) is not None and _fits(exact, unit):
            return Judged(kind, _turned(exact, words), told)
        if entry.path[-1].isdecimal():
            return Judged(kind, None, told)
        implied = set() if words & _SAID or unit.name not in _QUANTITY else {_QUANTITY[unit.name]}
        best = self._best(key, words | implied, {*last, *implied}, unit)
        return Judged(kind, None if best is None else _turned(best, words), told)

    def _says_nothing(self, word: str) -> bool:
        return word in self._empty or (word.isdecimal() and len(word) == 1)

    def _kind(self, entry: Entry, key: str) -> Kind:
        if entry.entry_class is EntryClass.COMMAND:
            return "command"
        if entry.entry_class in (EntryClass.VOLATILE, EntryClass.MEASUREMENT):
            return "volatile" if entry.entry_class is EntryClass.VOLATILE else "measurement"
        for kind, pattern in self._kept:
            if pattern.fullmatch(key) and (entry.entry_class is EntryClass.UNSAID or kind == "identity"):
                return kind
        return "setting"

    def _named(self, key: str) -> Known | None:
        """The meaning of an exact name: the whole path, or as much of its end as there is a name for."""
        parts = key.split(".")
        return next((self._exact[end] for n in range(len(parts)) if (end := ".".join(parts[n:])) in self._exact), None)

    def _best(self, key: str, words: set[str], last: set[str], unit: Unit) -> Known | None:
        """The longest fit by words, those of the last part counting double, or by a name with `*`; None without one."""
        best, most = None, 0
        for word in sorted(last):  # of two that fit as well the first counts, in every run the same
            for needed, without, meaning in self._by_word.get(word, ()):
                if needed <= words and not without & words and _fits(meaning, unit):
                    size = sum(len(each) * (2 if each in last else 1) for each in needed)
                    if size > most:
                        best, most = meaning, size
        for size, pattern, meaning in self._globs:
            if 2 * size <= most:
                break
            if pattern.fullmatch(key) and _fits(meaning, unit):
                return meaning
        return best


def _turned(meaning: Known, words: set[str]) -> Known:
    """The meaning, negated where the name says its opposite."""
    own = {word for some in meaning.words for word in some.split()}
    odd = len((words & _NEGATING) - own) % 2 == 1
    return msgspec.structs.replace(meaning, negated=True) if odd else meaning


def _spelled(stage: re.Match[str]) -> str:
    """A stage of a protection in words: over or under what."""
    way = " over " if ">" in stage[0] else " under "
    return way + _STAGED.get((stage[1] or stage[4] or "").casefold(), "") + " "


def _fits(meaning: Known, unit: Unit) -> bool:
    """Is the unit that the file says of the meaning's quantity, as far as both say one? Per cent fits every quantity
    that has a rating.
    """
    return not meaning.unit or not unit.name or unit.name in (meaning.unit, "%") or not unit.known


def _plain(key: str) -> str:
    """The key as patterns are written: lower case, without repeat numbers in brackets and blanks."""
    return re.sub(r"\s+", "_", re.sub(r"\[\d+\]", "", key)).casefold()


def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for names with `*` (any letters but a dot) and `[0-9]`; each fits the whole key or its end."""
    ends = [_escaped(name) for name in names if name[0] != "^"]
    wholes = [_escaped(name[1:]) for name in names if name[0] == "^"]
    return re.compile("|".join([*(rf"(?:.*\.)?(?:{end})" for end in ("|".join(ends),) if end), *wholes]))


def _escaped(name: str) -> str:
    return re.escape(name).replace(r"\*", "[^.]*").replace(r"\[0\-9\]", "[0-9]")


def parse(texts: dict[str, str]) -> Lexicon:
    """The lexicon of the files' texts by name. Raises Refused naming the file, the key and what would be right."""
    meanings: list[Known] = []
    words: _Words | None = None
    for name, text in texts.items():
        try:
            read = tomllib.loads(text)
            if name == WORDS_FILE:
                words = msgspec.convert(read, _Words)
            else:
                meanings += msgspec.convert(read, _Meanings).meaning
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
            raise Refused(str(exc), where=name, remedy="see docs/reference/setting-files.md") from exc
    if words is None:
        raise Refused("no words", where=WORDS_FILE, remedy="ship the file")
    _check(meanings)
    return Lexicon(words, tuple(meanings))


def _check(meanings: list[Known]) -> None:
    seen: set[str] = set()
    names: dict[str, str] = {}
    for meaning in meanings:
        if meaning.name in seen:
            raise Refused("there are two meanings of this name", where=meaning.name, remedy="give each its own")
        seen.add(meaning.name)
        if (
            meaning.promise is Promise.OTHER
            or not meaning.source
            or not meaning.means
            or not (meaning.words or meaning.names)
        ):
            raise Refused("no source, no meaning or nothing to tell it by", where=meaning.name, remedy="say all three")
        for name in meaning.names:
            if names.setdefault(name, meaning.name) != meaning.name:
                raise Refused(f"{name!r} also belongs to {names[name]}", where=meaning.name, remedy="keep one")


@cache
def shipped() -> Lexicon:
    """All that this folder holds. Raises Refused on the first file that is wrong."""
    folder = files("ironkeep.packs.settings")
    return parse({name: (folder / name).read_text(encoding="utf-8") for name in (WORDS_FILE, *FILES)})
