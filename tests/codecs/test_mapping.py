"""A mapping is written and read back whole; whatever is wrong with one is refused by table and key."""

import pytest

from ironkeep.codecs.mapping import canonical_unit, parse, write
from ironkeep.model.errors import Refused
from ironkeep.model.recording import (
    Bank,
    Column,
    FileWords,
    Guess,
    LongWords,
    Mapping,
    Positive,
    Sure,
    TimeForm,
    TimeWords,
)

WHOLE = Mapping(
    file=FileWords(
        separator=";", decimal=",", thousands=".", missing=("k. A.",), sentinels=(9999.0, -1.5), ignored=("x",)
    ),
    time=TimeWords("Zeit", TimeForm.DMY, "Europe/Berlin", "Uhrzeit"),
    column=(
        Column('Strom "I" [A]\n\\', "current_a", "rack-1", "A", Positive.CHARGE),
        Column("\u2028SoC \x7f 🔋", "soc_pct", "rack-1", "%"),
        Column("Schütz", "contactor_state", "rack-1", off=("auf", "offen"), on=("zu",)),
    ),
    long=LongWords("signal", "wert"),
    asset_column="gerät",
    asset=(Bank("rack-1", "lfp", 280.0, 224),),
)
TEXT = write(WHOLE)


def test_a_mapping_comes_back_as_it_was_written() -> None:
    assert parse(TEXT) == WHOLE
    assert parse(write(WHOLE, [Guess("time", "Zeit", Sure.LIKELY, "two\nlines\x1b[31m")])) == WHOLE


def test_why_something_was_guessed_stands_above_it() -> None:
    text = write(WHOLE, [Guess('Strom "I" [A]\n\\', "current_a in A", Sure.LIKELY, "values fit")])
    lines = text.splitlines()
    assert lines[lines.index("# likely: values fit") + 1] == "[[column]]"


@pytest.mark.parametrize(
    ("before", "after", "where", "what"),
    [
        ('unit = "A"', 'unit = "V"', "[[column]] 1", "'V' is no unit of current_a"),
        ('unit = "A"', 'unit = "parsec"', "[[column]] 1", "no unit"),
        ('point = "current_a"', 'point = "current"', "[[column]] 1", "no point 'current'"),
        ('positive = "charge"', 'positive = "up"', "[[column]] 1 positive", "Invalid enum value 'up'"),
        ('positive = "charge"\n', "", "[[column]] 1", "what does positive mean?"),
        ('on = ["zu"]', "", "[[column]] 3", "a state has words for off and for on"),
        ('on = ["zu"]', 'on = ["AUF "]', "[[column]] 3", "a state has words for off and for on, none twice"),
        ('point = "contactor_state"', 'point = "contactor_v"', "[[column]] 3", "contactor_v is none"),
        ('form = "d/m/y"', 'form = "y"', "[time] form", "Invalid enum value"),
        ('separator = ";"', 'separator = ";;"', "[file] separator", "one sign"),
        ('decimal = ","', 'decimal = "."', "[file] decimal", "decimal is . or ,"),
        ("header_line = 1", "header_line = -1", "[file] header_line", "counts from 1"),
        ("header_line = 1", "header_lime = 1", "[file]", "unknown field `header_lime`"),
        ("cells_in_series = 224", "cells_in_series = 0", "[[asset]]", "cells_in_series is 1 to"),
        ("capacity_ah = 280.0", "capacity_ah = -1", "[[asset]]", "capacity_ah is more than 0"),
        ('point = "soc_pct"', 'point = "current_a"', "[[column]] 2", "is no unit of current_a"),
    ],
)
def test_what_is_wrong_is_refused_by_table_and_key(before: str, after: str, where: str, what: str) -> None:
    assert before in TEXT
    with pytest.raises(Refused) as refused:
        parse(TEXT.replace(before, after, 1), "map.toml")
    assert where in refused.value.where
    assert what in refused.value.what


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(Refused, match=r"map.toml: not TOML.*line 2"):
        parse("[file]\nformat = \n", "map.toml")


def test_two_columns_for_one_point_are_refused_unless_they_are_charge_and_discharge() -> None:
    pair = (Column("in", "power_w", "", "W", Positive.CHARGE), Column("out", "power_w", "", "W", Positive.DISCHARGE))
    both = Mapping(FileWords(), TimeWords("t"), pair)
    assert parse(write(both)) == both
    twice = Mapping(FileWords(), TimeWords("t"), (pair[0], Column("other", "power_w", "", "W", Positive.CHARGE)))
    with pytest.raises(Refused, match="are both power_w"):
        parse(write(twice))


def test_every_point_has_the_unit_that_its_name_ends_in() -> None:
    assert [canonical_unit(p) for p in ("voltage_v", "soc_pct", "cell_temperature_01_c", "power_w")] == [
        "V",
        "%",
        "°C",
        "W",
    ]
