"""A setting file of any form, read: the form is told from the content unless somebody says it.

Rules. 1. XML begins with `<`, JSON with `{` or `[`; of line-wise forms the one counts that fits four lines in five: an
address and a value, a name and an equals sign, cells between delimiters, a name and a colon. 2. How the form was told
stands in the remarks. 3. What fits none is refused with the forms there are.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from ironkeep.codecs.csvtable import DELIMITERS, NAMES, delimiter_of, table_of
from ironkeep.codecs.definition import Model, VendorMap
from ironkeep.codecs.plaintext import Text, text_of
from ironkeep.codecs.settings import lines, modeldump, registers, shapes, tables, trees
from ironkeep.codecs.settings.entries import FILE_BYTES_MAX, Entry, SettingsFile, SettingsForm, gathered
from ironkeep.codecs.settings.quantity import writes_decimal_comma
from ironkeep.model.errors import Refused

SHARE: Final = 0.8  # of the lines that must fit a form


class Chart(msgspec.Struct, frozen=True):
    """What turns registers into points: SunSpec models by number and, where named, one vendor map."""

    models: Callable[[int], Model | None]
    named: VendorMap | None = None
    base: int | None = None  # of the map in the dump; None: where the map says


def read(data: bytes, name: str, chart: Chart, form: SettingsForm | None = None) -> SettingsFile:
    """The settings of a file's bytes; `name` is what messages call it. Raises Refused naming place and remedy."""
    if not data.strip():
        raise Refused("the file is empty", where=name, remedy="export it again")
    if len(data) > FILE_BYTES_MAX:
        raise Refused(f"{len(data)} bytes; the limit is {FILE_BYTES_MAX}", where=name, remedy="export settings alone")
    told = form or recognised(data, name)
    remarks: list[str] = [] if form else [f"recognised as {told.value}"]
    told, found, more = _entries(data, name, chart, told)
    entries, twice = gathered(found, name)
    comma = None
    if told not in (SettingsForm.JSON, SettingsForm.REGISTERS, SettingsForm.SUNSPEC_JSON):
        comma = writes_decimal_comma([entry.text for entry in entries])
        if comma:
            remarks.append("decimal commas")
    digest = hashlib.sha256(data).hexdigest()
    return SettingsFile(told, name, digest, entries, (*remarks, *more, *twice), comma)


def recognised(data: bytes, name: str) -> SettingsForm:
    """The form of a file's bytes. Raises Refused when it has none that we read."""
    start = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    if start == b"<":
        return SettingsForm.XML
    text = text_of(data, name, FILE_BYTES_MAX)
    content = [line for line in text.lines if not lines.blank(line)]
    if start in (b"{", b"[") and not (content and lines.SECTION.match(content[0])):
        return SettingsForm.JSON
    if shapes.drawn(text.lines):
        return SettingsForm.CSV
    if shapes.answers(text.lines):
        return SettingsForm.KEY_VALUE
    if registers.is_dump(content):
        return SettingsForm.REGISTERS
    sections = sum(lines.SECTION.match(line) is not None for line in content)
    body = [line for line in content if not lines.SECTION.match(line)] if sections else content
    if _share(body, lambda line: "=" in line and lines.equation(line) is not None):
        return SettingsForm.INI if sections else SettingsForm.KEY_VALUE
    if not sections and (delimiter_of(content) or _head(content)):
        return SettingsForm.CSV
    if _share(body, lambda line: lines.equation(line) is not None):
        return SettingsForm.INI if sections else SettingsForm.KEY_VALUE
    if not any(map(lines.equation, body)) and _share(body, lambda line: lines.spaced(line) is not None):
        return SettingsForm.INI if sections else SettingsForm.KEY_VALUE
    raise Refused(
        "no form of setting file that we read",
        where=name,
        remedy=f"name it with --form: {', '.join(each.value for each in SettingsForm)}",
    )


def _share(content: Sequence[str], fits: Callable[[str], bool]) -> bool:
    short = [line for line in content if len(line) <= lines.LINE_CHARACTERS_MAX]
    return bool(content) and sum(map(fits, short)) >= SHARE * len(content)


def _entries(
    data: bytes, name: str, chart: Chart, form: SettingsForm
) -> tuple[SettingsForm, Sequence[Entry], tuple[str, ...]]:
    """The form as it turned out, the entries, and remarks."""
    if form is SettingsForm.XML:
        return form, list(trees.xml_entries(data, name)), ()
    text = text_of(data, name, FILE_BYTES_MAX)
    if form in (SettingsForm.JSON, SettingsForm.SUNSPEC_JSON):
        return _json(text, name, chart, form)
    if form is SettingsForm.REGISTERS:
        return form, *_registers(text, name, chart)
    if form is SettingsForm.CSV:
        return form, *_table(text, name)
    if (told := shapes.answers(text.lines)) is not None:
        return form, list(lines.entries(told, name)), (*text.mended, "the answers of upsrw")
    return form, list(lines.entries(text.lines, name)), text.mended


def _table(text: Text, name: str) -> tuple[Sequence[Entry], tuple[str, ...]]:
    """The entries of a table, and remarks."""
    rows, remarks = shapes.drawn(text.lines), [*text.mended]
    mark = "|" if rows is not None else ""
    if rows is None:
        rows = list(text.lines)
        if head := _head(rows):
            rows, above = shapes.below(rows, head[0])
            mark = head[1]
            if above:
                remarks.append(f"{above} lines above the head of the table were left out")
    table = table_of(rows, name, mark)
    found, more = tables.entries(table, name)
    return list(found), (*remarks, f"cells between {NAMES[table.delimiter]}s", *table.mended, *more)


def _head(content: Sequence[str]) -> tuple[str, str] | None:
    """The line among the first that names a column of names and one of values, and its delimiter; None for none."""
    for line in content[: shapes.TITLE_LINES_MAX + 1]:
        for mark in DELIMITERS:
            if tables.is_head(line, mark):
                return line, mark
    return None


def _json(
    text: Text, name: str, chart: Chart, form: SettingsForm
) -> tuple[SettingsForm, Sequence[Entry], tuple[str, ...]]:
    value = trees.json_value(text.whole, name)
    if modeldump.is_dump(value):
        found, remarks = modeldump.entries(value, chart.models, name)
        return SettingsForm.SUNSPEC_JSON, found, (*text.mended, *remarks)
    if form is SettingsForm.SUNSPEC_JSON:
        raise Refused("no SunSpec models in it", where=name, remedy='an object with "models", each with its "ID"')
    return form, list(trees.json_entries(value, name)), text.mended


def _registers(text: Text, name: str, chart: Chart) -> tuple[Sequence[Entry], tuple[str, ...]]:
    held = registers.registers_of(text.lines, name)
    if chart.named is None:
        found, remarks = registers.by_models(held, chart.models, name)
        return found, (*text.mended, *remarks)
    base = chart.base if chart.base is not None else chart.named.base
    if base is None:
        raise Refused(
            f"map {chart.named.id} starts after the SunSpec chain", where=name, remedy="say where with --map NAME@BASE"
        )
    found, more = registers.by_map(held, chart.named, base)
    return found, (*text.mended, f"by map {chart.named.id} from register {base}", *more)
