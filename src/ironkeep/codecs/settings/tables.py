"""Settings in a table: one a row (name, value, perhaps unit and group), or one a column (one row a device).

Rules. 1. Columns are told by their heads, in the words of several languages and makers; without a head the first column
is the name, the second the value, the third the unit. 2. A table whose head names no value column and whose rows have
more than two cells has one setting a column; its first column names the row. 3. Every other column is told and left
out.
"""

import re
from collections.abc import Iterator
from typing import Final

from ironkeep.codecs.csvtable import COLUMNS_MAX, Row, Table
from ironkeep.codecs.settings.entries import Entry, EntryClass
from ironkeep.model.errors import Refused

NAME: Final = frozenset(
    "name parameter param setting tag key variable signal point id parametername settingname identifier item "
    "bezeichnung einstellung nom parametre paramètre nombre parametro parámetro".split()
)
VALUE: Final = frozenset(
    "value currentvalue actualvalue setvalue setpoint val data wert istwert valeur valor current configured "
    "configuredvalue settingvalue parametervalue rawvalue".split()
)
UNIT: Final = frozenset(
    "unit units uom einheit einh dimension dim unite unité unidad engineeringunit engunit eu".split()
)
GROUP: Final = frozenset(
    "group section category device component module block menu path gruppe gerät groupe grupo subsystem function "
    "page node model".split()
)
TITLE: Final = frozenset("description label title comment text beschreibung longname displayname".split())
CLASS: Final = frozenset("class kind pointclass".split())
ADDRESS: Final = frozenset("address register addr reg registeraddress modbusaddress offset adresse".split())
_NUMBER: Final = re.compile(r"[-+]?[\d.,]+(?:e[-+]?\d+)?\s*\D{0,8}", re.IGNORECASE)
_CLASSES: Final = {each.value: each for each in EntryClass if each}
_UNIT_IN_HEAD: Final = re.compile(r"\s*[\[(]\s*([^\[\]()]{1,16})\s*[\])]\s*$")


def heads(row: Row) -> dict[str, int]:
    """Which column holds what, by the words of the head; the first column of a kind counts."""
    found: dict[str, int] = {}
    kinds = (("name", NAME), ("value", VALUE), ("unit", UNIT), ("title", TITLE), ("class", CLASS), ("address", ADDRESS))
    for column, cell in enumerate(row.cells):
        word = re.sub(r"[\s_\-.]+", "", _UNIT_IN_HEAD.sub("", cell)).casefold()
        for kind, words in kinds:
            if word in words:
                found.setdefault(kind, column)
    return found


def is_head(line: str, delimiter: str) -> bool:
    """Is the line a head with a column for the name and one for the value, cut by a delimiter?"""
    cells = tuple(cell.strip().strip('"') for cell in line.split(delimiter))
    found = heads(Row(0, cells)) if 2 <= len(cells) <= COLUMNS_MAX else {}
    return "value" in found and ("name" in found or "title" in found)


def groups(row: Row, taken: dict[str, int]) -> tuple[int, ...]:
    """The columns that say where a setting belongs, outermost first."""
    words = (re.sub(r"[\s_\-.]+", "", cell).casefold() for cell in row.cells)
    return tuple(n for n, word in enumerate(words) if word in GROUP and n not in taken.values())


def entries(table: Table, where: str) -> tuple[Iterator[Entry], tuple[str, ...]]:
    """The entries of a table, and remarks. Raises Refused where it cannot be told what is name and what is value."""
    head, width = table.rows[0], len(table.rows[0].cells)
    found = heads(head)
    if "name" not in found and "address" in found:
        found["name"] = found["address"]
    if "name" not in found and "value" in found and "title" in found:
        found["name"] = found.pop("title")
    if "name" in found and "value" in found:
        around = groups(head, found)
        used = {*found.values(), *around}
        rest = [cell for n, cell in enumerate(head.cells) if n not in used and cell]
        remarks = (f"columns left out: {', '.join(rest)}",) if rest else ()
        return _long(table, found, around), remarks
    if width in (2, 3) and not _wordy(table):
        columns = {"name": 0, "value": 1, **({"unit": 2} if width == 3 else {})}
        said = "no head: the columns were taken as name, value" + (", unit" if width == 3 else "")
        return _bare(table, columns), (said,)
    if width > 2 and len(table.rows) > 1 and len(set(head.cells)) == width:
        return _wide(table), ("one setting a column; the first column names the row",)
    raise Refused(
        "no column is headed as name and value",
        where=f"{where}: line {head.line}",
        remedy="head the columns `name`, `value` and, where there is one, `unit`",
    )


def _wordy(table: Table) -> bool:
    """Does the first row look like the head of a table with one setting a column: words above figures?"""
    if len(table.rows) < 2 or len(table.rows[0].cells) < 3:
        return False
    first, second = table.rows[0].cells, table.rows[1].cells
    return not any(map(_NUMBER.fullmatch, first)) and all(map(_NUMBER.fullmatch, second[1:]))


def _long(table: Table, columns: dict[str, int], around: tuple[int, ...]) -> Iterator[Entry]:
    """One entry a row."""
    for row in table.rows[1:]:
        cells = row.cells
        name = cells[columns["name"]]
        if not name:
            continue
        outer = tuple(cells[n] for n in around if cells[n])
        yield Entry(
            (*outer, *_split(name)),
            cells[columns["value"]],
            f"line {row.line}",
            unit=cells[columns["unit"]] if "unit" in columns else "",
            title=cells[columns["title"]] if "title" in columns else "",
            entry_class=_CLASSES.get(cells[columns["class"]].casefold(), EntryClass.UNSAID)
            if "class" in columns
            else EntryClass.UNSAID,
        )


def _bare(table: Table, columns: dict[str, int]) -> Iterator[Entry]:
    for row in table.rows:
        if row.cells[0]:
            unit = row.cells[columns["unit"]] if "unit" in columns else ""
            yield Entry(_split(row.cells[0]), row.cells[1], f"line {row.line}", unit=unit)


def _wide(table: Table) -> Iterator[Entry]:
    """One entry a cell, named by its row's first cell and its column's head."""
    head = table.rows[0].cells
    alone = len(table.rows) == 2
    for row in table.rows[1:]:
        for n, cell in enumerate(row.cells):
            unit = _UNIT_IN_HEAD.search(head[n])
            name = _UNIT_IN_HEAD.sub("", head[n])
            if n == 0 and not alone:
                continue
            path = _split(name) if alone else (row.cells[0], *_split(name))
            yield Entry(path, cell, f"line {row.line}, column {n + 1}", unit=unit[1] if unit else "")


def _split(name: str) -> tuple[str, ...]:
    """A dotted or slashed name as a path; a name with blanks or brackets around is one word of it."""
    parts = tuple(part.strip() for part in re.split(r"[./\\]|::", name) if part.strip())
    return parts or (name,)
