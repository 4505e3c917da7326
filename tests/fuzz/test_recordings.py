"""Whatever bytes are called a recording or a mapping: it is read whole or refused with where and why; nothing else."""

import tempfile
from pathlib import Path

import duckdb
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironkeep.codecs.mapping import parse, write
from ironkeep.model.analysis import Analysis
from ironkeep.model.errors import Refused
from ironkeep.model.recording import Mapping
from ironkeep.programs.analyse import analyse, mapping_text
from ironkeep.views.analysis_page import page
from ironkeep.views.analysis_text import lines

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEADS = st.sampled_from(
    ["Time", "Pack Voltage [V]", "Current [A]", "SoC [%]", "signal", "value", "", "<b>", '"', "P kW"]
)
CELLS = st.one_of(
    st.sampled_from(
        [
            *("2026-03-01T00:00:00Z", "2026-03-01 00:00", "1772431200", "01.02.2026 10:00", "31/12/26", "", "NaN", "-"),
            *(
                "1,5",
                "1.234,5",
                "1,234",
                "'1'",
                "1e400",
                "-0",
                "inf",
                "nan",
                '"',
                "\n",
                "\x00",
                "\ufeff",
                "SoC",
                "9" * 400,
            ),
        ]
    ),
    st.floats(width=32).map(str),
    st.text(max_size=6),
)
SEPARATORS = st.sampled_from([",", ";", "\t", "|", " "])
GOOD = (
    b"Time,Pack Voltage [V],Current [A],SoC [%]\n"
    b"2026-03-01T00:00:00Z,700.1,1.5,50.0\n2026-03-01T00:01:00Z,700.0,2.5,49.9\n2026-03-01T00:02:00Z,699.9,3.5,49.8\n"
)


def outcome(data: bytes, name: str = "rec.csv") -> Analysis | Refused:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            found, text = analyse(path, None)
        except Refused as refused:
            return refused
        assert parse(text).column
        return found


def sound(result: Analysis | Refused) -> bool:
    """Refused with place and reason, or analysed, and then every form of the report can be made."""
    if isinstance(result, Refused):
        return bool(result.what and result.where)
    text = page(result)
    assert "<script" not in text
    assert text.count("<main>") == text.count("</main>") == 1
    assert all(line.isprintable() for line in lines(result))
    return all(
        np.all(np.diff([battery.coverage.first_us, battery.coverage.last_us]) >= 0) for battery in result.batteries
    )


@FEW
@given(st.binary(max_size=600))
def test_bytes_of_any_kind_are_taken_or_refused(data: bytes) -> None:
    assert sound(outcome(data))


@FEW
@given(st.lists(HEADS, min_size=1, max_size=5), st.lists(st.lists(CELLS, max_size=5), max_size=6), SEPARATORS)
def test_tables_of_any_cells_are_taken_or_refused(names: list[str], rows: list[list[str]], separator: str) -> None:
    text = "\n".join(separator.join(row) for row in [names, *rows])
    assert sound(outcome(text.encode("utf-8", errors="surrogatepass")))


@FEW
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_a_good_file_with_a_few_bytes_changed_is_taken_or_refused(at: int, change: bytes, encoding: str) -> None:
    data = GOOD.decode().encode(encoding)
    at = min(at, len(data))
    assert sound(outcome(data[:at] + change + data[at + len(change) :]))


def parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.csv", Path(folder) / "a.parquet"
        source.write_bytes(GOOD)
        duckdb.connect(":memory:").execute(f"COPY (SELECT * FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)")
        return target.read_bytes()


PARQUET = parquet()


@FEW
@given(st.integers(4, len(PARQUET) - 5), st.binary(min_size=1, max_size=6), st.booleans())
def test_a_parquet_file_with_a_few_bytes_changed_is_taken_or_refused(at: int, change: bytes, cut: bool) -> None:
    data = PARQUET[:at] + change + (b"" if cut else PARQUET[at + len(change) :])
    assert sound(outcome(data, "rec.parquet"))


def read(text: str) -> Mapping | Refused:
    try:
        return parse(text, "map.toml")
    except Refused as refused:
        return refused


def told(result: Mapping | Refused) -> bool:
    if isinstance(result, Refused):
        return bool(result.what and "map.toml" in result.where)
    return parse(write(result)) == result


def good_map() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rec.csv"
        path.write_bytes(GOOD)
        return mapping_text(path)


MAP = good_map()
WORDS = st.sampled_from(
    [
        *(
            "[file]",
            "[time]",
            "[[column]]",
            "[long]",
            "[[asset]]",
            "name",
            "point",
            "unit",
            "positive",
            "=",
            '"A"',
            '"W"',
        ),
        *(
            "[]",
            "{}",
            "[[]]",
            "1e999",
            "-1",
            "nan",
            "true",
            '"""',
            "'",
            "\\",
            "\n",
            '"\\u0000"',
            "99999999999999999999",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_text_of_any_kind_is_a_mapping_or_refused(text: str) -> None:
    assert told(read(text))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(MAP)), st.integers(0, 12), st.lists(WORDS, max_size=4))
def test_a_good_mapping_with_words_changed_is_a_mapping_or_refused(at: int, gone: int, put: list[str]) -> None:
    assert told(read(MAP[:at] + " ".join(put) + MAP[at + gone :]))


WRITTEN = CELLS.map(lambda cell: cell.encode("utf-8", "surrogatepass"))
POINTS = (
    b"battery,rack=A voltage=700.1,current=1.5,soc=50.0 1784008800000000000\n"
    b"battery,rack=A voltage=700.0,current=2.5,soc=49.9 1784008860000000000\n"
)
TABLES = (
    b"#group,false,false,true,false,false\n#datatype,string,long,dateTime:RFC3339,double,string\n#default,_result,,,,\n"
    b",result,table,_time,_value,_field\n,,0,2026-03-01T00:00:00Z,700.1,voltage\n"
    b",,0,2026-03-01T00:01:00Z,700.0,voltage\n"
    b"\n#group,false,false,false,true\n#default,,,,\n,table,_field,_value,_time\n,1,soc,50.0,2026-03-01T00:00:00Z\n"
)
JUDGED = (
    b"Time (s),Voltage [V],Voltage Quality,Current [A],Quality\n"
    b"0,700.1,Good,1.5,192\n1,0,Bad,1.5,192\n2,700.0,Good,1.4,0\n"
)


@FEW
@given(
    st.sampled_from([POINTS, TABLES, JUDGED, JUDGED.replace(b"Time (s)", b"Epoch").replace(b"\n0,", b"\n1772323200,")]),
    st.lists(st.tuples(st.integers(0, 400), st.one_of(st.binary(max_size=4), WRITTEN)), max_size=3),
    st.booleans(),
)
def test_what_databases_write_with_a_few_bytes_changed_is_taken_or_refused(
    data: bytes, changes: list[tuple[int, bytes]], more: bool
) -> None:
    for at, change in changes:
        at %= len(data) + 1
        data = data[:at] + change + data[at if more else at + len(change) :]
    assert sound(outcome(data))
