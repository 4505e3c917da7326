"""Analyse a recording: read it whole, find what it tells, say what rests on a guess.

Nothing of the site is touched: no data folder, no engine, no equipment.
"""

from dataclasses import replace
from pathlib import Path

import msgspec

from ironkeep import __version__
from ironkeep.adapters.stores.recordings.adapter import open_recording
from ironkeep.codecs import mapping as mapping_words
from ironkeep.codecs.guess import guess
from ironkeep.faces.cli.wiring import Tell, untold
from ironkeep.model.analysis import Analysis, Sign
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.recording import MENDED_DIFFER, Guess, Intake, Mapping, Positive, Recording, Sure, TimeForm, Track
from ironkeep.packs.checks import read as check_pack
from ironkeep.physics.recorded import battery, directions
from ironkeep.ports.recording import RecordingFile

SIGNED = ("current_a", "power_w")
DIFFER_SHARE = 0.2  # of lines that repeat a time with other values, from which on somebody should look
AGREE_SHARE = 0.5  # of rows in which power follows volts times amperes, before one tells the sign of the other


class Guessed(msgspec.Struct, frozen=True):
    """A mapping and what in it was guessed; no guesses where a person gave it."""

    mapping: Mapping
    guesses: tuple[Guess, ...]


def analyse(path: Path, given: Path | None, tell: Tell = untold) -> tuple[Analysis, str]:
    """The analysis of a recording, and its mapping as TOML. Raises Refused naming file, line and column."""
    recording, text = loaded(path, given, tell)
    bounds = check_pack.shipped().bounds
    batteries = []
    for number, track in enumerate(recording.tracks):
        tell("looking at batteries", number, len(recording.tracks))
        batteries.append(battery(track, recording.mapping.bank(track.asset), bounds))
    return Analysis(__version__, recording.intake, given is None, tuple(batteries)), text


def loaded(path: Path, given: Path | None, tell: Tell = untold) -> tuple[Recording, str]:
    """A recording read whole, and its mapping as TOML. Where the mapping is guessed, signs that the file leaves open
    are those that the reported charge tells, else the voltage. Raises as `analyse`.
    """
    tell("looking at the columns")
    with open_recording(path) as file:
        chosen = Guessed(read_mapping(given), ()) if given is not None else guessed(file)
        tell(f"reading {path.stat().st_size // 1_000_000} MB")
        recording = file.read(chosen.mapping)
    tracks = []
    for number, track in enumerate(recording.tracks):
        tell("looking at signs", number, len(recording.tracks))
        if chosen.guesses and track.unsigned:
            chosen, signed = _with_signs(chosen, track)
            tracks.append(signed)
        else:
            tracks.append(track)
    notes = _notes(chosen.mapping, recording.intake)
    intake = msgspec.structs.replace(recording.intake, guesses=chosen.guesses, notes=notes)
    text = mapping_words.write(chosen.mapping, chosen.guesses)
    return Recording(intake, chosen.mapping, tuple(tracks)), text


def mapping_text(path: Path) -> str:
    """The guessed mapping of a recording as TOML, what is open marked as such, without reading it whole."""
    with open_recording(path) as file:
        chosen = guessed(file)
        return mapping_words.write(chosen.mapping, chosen.guesses)


def read_mapping(path: Path) -> Mapping:
    """The mapping of a file. Raises Refused naming what is wrong in it, Unavailable when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(mapping_words.MAPPING_BYTES_MAX + 1)
    except OSError as exc:
        raise Unavailable(f"the mapping cannot be read: {exc.strerror}", where=str(path)) from exc
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise Refused("the mapping is not UTF-8 text", where=str(path), remedy="save it as UTF-8") from exc
    return mapping_words.parse(text, str(path))


def guessed(file: RecordingFile) -> Guessed:
    """The guess at a file; day and month are settled by the whole file where the sample leaves them open."""
    mapping, guesses = guess(file.head())
    if mapping.long is not None:  # lines of one point may follow those of another: the first lines do not name them all
        mapping, guesses = guess(file.head_by_point(mapping.long))
    if mapping.time.form is TimeForm.OPEN:
        form = file.day_and_month(mapping)
        if form is not TimeForm.OPEN:
            mapping = _with_form(mapping, form)
            why = "further down a number above 12 shows which is the day"
            guesses = _replaced(guesses, Guess("time form", form.value, Sure.TOLD, why))
    return _without_strange(Guessed(mapping, guesses), file.strange_words(mapping))


def _without_strange(chosen: Guessed, strange: dict[str, str]) -> Guessed:
    """The guess without columns that the sample took for states and the whole file does not."""
    if not strange:
        return chosen
    guesses = chosen.guesses
    for name, word in strange.items():
        why = f"further down it says {word!r}, too: no state of two positions"
        guesses = _replaced(guesses, Guess(name, "left out", Sure.UNCLEAR, why))
    kept = tuple(column for column in chosen.mapping.column if column.name not in strange)
    file = msgspec.structs.replace(chosen.mapping.file, ignored=(*chosen.mapping.file.ignored, *strange))
    return Guessed(msgspec.structs.replace(chosen.mapping, column=kept, file=file), guesses)


def _with_signs(chosen: Guessed, track: Track) -> tuple[Guessed, Track]:
    """The guess and the track completed by the signs that the reported charge tells, else the voltage."""
    signs, product = directions(track, check_pack.shipped().bounds)
    votes = {sign.point: sign.by_charge or sign.by_voltage for sign in signs}
    told = {point: vote for point, vote in votes.items() if vote and point in track.unsigned}
    factor = product.factor if product is not None and product.share > AGREE_SHARE else 0.0
    for point, other in (SIGNED, SIGNED[::-1]):
        if point in track.unsigned and point not in told and other in told and factor:
            told[point] = told[other] * (1 if factor > 0 else -1)
    columns, guesses = [], list(chosen.guesses)
    for column in chosen.mapping.column:
        mine = column.point in told and column.positive is Positive.UNKNOWN and column.asset in ("", track.asset)
        if mine:
            positive = Positive.DISCHARGE if told[column.point] > 0 else Positive.CHARGE
            why = f"{_evidence(signs, column.point)}; confirm it with a meter"
            guesses.append(Guess(f"sign of {column.name}", f"positive is {positive.value}", Sure.LIKELY, why))
            columns.append(msgspec.structs.replace(column, positive=positive))
        else:
            columns.append(column)
    values = {name: -x if told.get(name) == -1 else x for name, x in track.values.items()}
    signed = replace(track, values=values, unsigned=track.unsigned - told.keys())
    mapping = msgspec.structs.replace(chosen.mapping, column=tuple(columns))
    return Guessed(mapping, tuple(guesses)), signed


def _evidence(signs: tuple[Sign, ...], point: str) -> str:
    sign = next((each for each in signs if each.point == point), None)
    if sign is not None and sign.by_charge:
        way = "falls" if sign.by_charge > 0 else "rises"
        return f"the reported charge {way} while it is positive, in {sign.legs} of {sign.legs + sign.against} moves"
    if sign is not None and sign.by_voltage:
        return f"the voltage {'falls' if sign.by_voltage > 0 else 'rises'} when it steps up, in {sign.steps} steps"
    return "it agrees with volts times amperes"


def _with_form(mapping: Mapping, form: TimeForm) -> Mapping:
    return msgspec.structs.replace(mapping, time=msgspec.structs.replace(mapping.time, form=form))


def _replaced(guesses: tuple[Guess, ...], new: Guess) -> tuple[Guess, ...]:
    return tuple(new if each.subject == new.subject else each for each in guesses)


def _notes(mapping: Mapping, intake: Intake) -> tuple[str, ...]:
    """What everything below rests on."""
    notes = (
        []
        if intake.zone_known
        else ["No time zone is known: times are as written, and a change of the clocks is not seen."]
    )
    no_unit = [column.name for column in mapping.column if not column.unit and not column.is_state]
    if no_unit:
        notes.append(f"Unit not known, therefore not used: {', '.join(no_unit)}.")
    differ = sum(each.count for each in intake.mended if each.what == MENDED_DIFFER)
    if differ > DIFFER_SHARE * intake.rows:
        notes.append(
            f"{differ:,} of {intake.rows:,} lines repeat a time with other values; the first of each counts. Are "
            "times cut short, or do several batteries stand in one file (asset_column)?"
        )
    return tuple(notes)
