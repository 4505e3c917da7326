"""`passport diff`: two setting files read, told what they mean, and compared. No running site is needed or touched."""

from pathlib import Path

from ironkeep.codecs.definition import VendorMap
from ironkeep.codecs.settings.entries import FILE_BYTES_MAX, Entry, SettingsFile, SettingsForm
from ironkeep.codecs.settings.quantity import alike, quantity_of, reading
from ironkeep.codecs.settings.read import Chart, read
from ironkeep.codecs.settings.secrecy import secret
from ironkeep.codecs.units import unit_in_name, unit_of
from ironkeep.model.errors import Refused
from ironkeep.packs.equipment import maps, sunspec
from ironkeep.packs.settings.read import Lexicon, shipped
from ironkeep.views.settingdiff import Setting, SettingDiff, Side, compare

DIGITS = 10  # significant digits that people see


def diff(before: Path, after: Path, *, chart: str = "", form: str = "") -> SettingDiff:
    """The comparison of two setting files. `chart` names an equipment map (a shipped one, or a TOML file of the form of
    docs/reference/maps.md), with `@BASE` where the dump counts from elsewhere; `form` overrides what the content says.

    Raises Refused naming file, place and remedy when one of them is not understood.
    """
    how = _chart(chart)
    told = _form(form)
    lexicon = shipped()
    sides = []
    for path in (before, after):
        file = read(contents(path, FILE_BYTES_MAX), path.name, how, told)
        sides.append((file, [_setting(entry, file, lexicon) for entry in file.entries]))
    (one, ours), (other, theirs) = sides
    return compare(_side(one, ours), ours, _side(other, theirs), theirs, alike)


def contents(path: Path, bytes_max: int) -> bytes:
    """A file's bytes. Raises Refused when it cannot be read or is larger than `bytes_max`."""
    try:
        size = path.stat().st_size
        if size > bytes_max:
            raise Refused(f"{size} bytes; the limit is {bytes_max}", where=str(path), remedy="give a smaller export")
        return path.read_bytes()
    except OSError as exc:
        raise Refused(f"cannot be read: {exc.strerror}", where=str(path), remedy="name a file that exists") from exc


def _form(name: str) -> SettingsForm | None:
    if not name:
        return None
    try:
        return SettingsForm(name)
    except ValueError:
        known = ", ".join(each.value for each in SettingsForm)
        raise Refused(f"no form {name!r}", where="--form", remedy=f"one of {known}") from None


def _chart(name: str) -> Chart:
    if not name or name == "sunspec":
        return Chart(sunspec.model)
    stem, at, base = name.rpartition("@")
    stem, base = (stem, base) if at and base.isdecimal() else (name, "")
    return Chart(sunspec.model, _map(stem), int(base) if base else None)


def _map(name: str) -> VendorMap:
    known = maps.shipped()
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix != ".toml":
        raise Refused(f"no map {name!r}", where="--map", remedy=f"a map file, or one of {', '.join(known)}")
    try:
        text = contents(path, maps.FILE_BYTES_MAX).decode()
    except UnicodeDecodeError as exc:
        raise Refused("not UTF-8 text", where=name, remedy="save it as UTF-8") from exc
    return maps.parse(text, path.name)


def _side(file: SettingsFile, settings: list[Setting]) -> Side:
    count = sum(each.kind == "setting" for each in settings)
    return Side(file.name, file.form.value, file.sha256, count, file.remarks)


def _setting(entry: Entry, file: SettingsFile, lexicon: Lexicon) -> Setting:
    """The entry with its number in a canonical unit, its meaning, and how people read it."""
    quantity = quantity_of(entry.text, file.decimal_comma)
    unit = unit_of(quantity.unit or entry.unit or unit_in_name(entry.path[-1]))
    judged = lexicon.judge(entry, unit)
    number = None if quantity.number is None else unit.canonical(quantity.number)
    shown = entry.text if number is None else reading(number, unit.name, DIGITS)
    return Setting(
        key=entry.key,
        place=entry.place,
        kind=judged.kind,
        written=f"{entry.text} {entry.unit}".rstrip() if entry.unit else entry.text,
        shown=shown if shown else "(empty)",
        number=number,
        unit=unit.name,
        words=judged.words,
        secret=secret(entry.path, entry.text),
        meaning=judged.meaning,
    )
