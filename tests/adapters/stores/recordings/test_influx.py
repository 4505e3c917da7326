"""What InfluxDB, Home Assistant and Grafana write, with lines of one point after those of another."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ironkeep.model.errors import Refused
from ironkeep.programs.analyse import loaded

START = datetime(2026, 7, 14, 6, tzinfo=UTC)
ROWS = 500  # more than are looked at in the beginning
FIELDS = ("voltage", "current", "soc")
NOTES = "#group,false,false,true,true,false,false,true,true,true\r\n#datatype,string,long,dateTime:RFC3339,"
NOTES += "dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\r\n#default,_result,,,,,,,,\r\n"
HEAD = ",result,table,_start,_stop,_time,_value,_field,_measurement,rack\r\n"
SPAN = "2026-07-14T00:00:00Z,2026-07-15T00:00:00Z"


def value(field: str, n: int) -> float:
    amps = 40 * np.sin(n / 30)
    return round({"voltage": 52 - 0.01 * amps, "current": amps, "soc": 60 + 12 * np.cos(n / 30)}[field], 3)


def stamp(n: int) -> datetime:
    return START + timedelta(minutes=n)


def iso(n: int) -> str:
    return stamp(n).strftime("%Y-%m-%dT%H:%M:%SZ")


def ns(n: int) -> str:
    return f"{int(stamp(n).timestamp())}000000000"


def annotated() -> str:
    lines = [f",,0,{SPAN},{iso(n)},{value(f, n)},{f},battery,{r}" for r in "AB" for f in FIELDS for n in range(ROWS)]
    return NOTES + HEAD + "\r\n".join(lines) + "\r\n\r\n"


def several() -> str:
    """Two tables, the columns of the second in another order, with a default."""
    head = ",result,table,rack,_time,_value,_field\r\n"
    lines = [f",,9,,{iso(n)},{20 + n % 5},temperature" for n in range(ROWS)]
    notes = "#group,false,false,true,false,false,true\r\n#datatype,string,long,string,dateTime:RFC3339,long,string\r\n"
    return f"{annotated()}{notes}#default,_result,,A,,,\r\n{head}" + "\r\n".join(lines) + "\r\n"


def pivoted() -> str:
    head = (
        f"#group,false,false,true,true,false,false,false,false\n,result,table,_start,_stop,_time,{','.join(FIELDS)}\n"
    )
    return head + "".join(f",,0,{SPAN},{iso(n)},{','.join(str(value(f, n)) for f in FIELDS)}\n" for n in range(ROWS))


def points() -> str:
    head = "# INFLUXDB EXPORT\n# DDL\nCREATE DATABASE bms WITH NAME autogen\n# DML\n"
    body = (f"battery,rack=A {','.join(f'{f}={value(f, n)}' for f in FIELDS)},n={n}i {ns(n)}\n" for n in range(ROWS))
    return head + "".join(body)


def points_of_two() -> str:
    """Two racks by turns; what braces and quotes may do to a row that is filled in; a field that comes late."""
    text = ""
    for n in range(ROWS):
        for rack in ("A", "B{0}"):
            late = ",late=1" if n > 400 else ""
            text += f"battery,rack={rack},note=a%s {','.join(f'{f}={value(f, n)}' for f in FIELDS)}{late} {ns(n)}\n"
    return text


def points_one_by_one() -> str:
    return "".join(f"battery,rack=A {f}={value(f, n)} {ns(n)}\n" for f in FIELDS for n in range(ROWS))


def entities() -> str:
    units = {"voltage": "V", "current": "A", "soc": "%"}
    lines = (f"{units[f]},domain=sensor,entity_id=battery_{f} value={value(f, n)}" for f in FIELDS for n in range(ROWS))
    return "".join(f"{line} {ns(n % ROWS)}\n" for n, line in enumerate(lines))


def history() -> str:
    lines = (f"sensor.battery_{f},{value(f, n)},{iso(n)}\n" for f in FIELDS for n in range(ROWS))
    lost = f"sensor.battery_voltage,unavailable,{iso(ROWS)}\nsensor.battery_soc,unknown,{iso(ROWS)}\n"
    return "entity_id,state,last_changed\n" + "".join(lines) + lost


def series() -> str:
    return '"Series";"Time";"Value"\n' + "".join(
        f'"{f.upper()}";"{iso(n)}";{value(f, n)}\n' for f in FIELDS for n in range(ROWS)
    )


@pytest.mark.parametrize(
    "made",
    [annotated, several, pivoted, points, points_of_two, points_one_by_one, entities, history, series],
    ids=lambda f: f.__name__,
)
def test_every_series_is_found_and_read(tmp_path: Path, made) -> None:
    path = tmp_path / "export.txt"
    path.write_bytes(made().encode())
    found, text = loaded(path, None)
    track = found.tracks[0]
    assert track.at_us[:ROWS].tolist() == [int(stamp(n).timestamp()) * 1_000_000 for n in range(ROWS)]
    wanted = {"voltage_v": "voltage", "current_a": "current", "soc_pct": "soc"}
    for point, field in wanted.items():
        told = track.values[point][:ROWS]
        assert np.allclose(np.abs(told), np.abs([value(field, n) for n in range(ROWS)]))
    assert track.unsigned == frozenset()
    mapped = tmp_path / "map.toml"
    mapped.write_text(text)
    again, _ = loaded(path, mapped)
    assert [each.asset for each in again.tracks] == [each.asset for each in found.tracks]
    assert all(np.array_equal(again.tracks[0].values[point], track.values[point], equal_nan=True) for point in wanted)


def test_tables_of_different_columns_come_under_one_head_with_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(several().encode())
    found, _ = loaded(path, None)
    assert {track.asset: "temperature_c" in track.values for track in found.tracks} == {"A": True, "B": True}
    assert np.isfinite(found.tracks[0].values["temperature_c"]).all()
    assert "tables of different columns: brought to one order" in {each.what for each in found.intake.mended}


@pytest.mark.parametrize(
    ("made", "old", "new", "place"),
    [
        (points, "voltage=52.0,", "voltage=,", "export.csv:5: column 16"),
        (points, f" {ns(3)}\n", "\n", "export.csv:8"),
        (annotated, f"{iso(2)},", "noon,", "export.csv:7: column '_time': 'noon'"),
        (annotated, f"{iso(2)},", f"{iso(2)},fifty,", "export.csv:7"),
        (annotated, f",{value('voltage', 2)},", ",fifty,", "export.csv:7: column '_value': 'fifty'"),
        (
            points,
            f"current={value('current', 4)},",
            'current="high",',
            "export.csv:9: column 'battery current': 'high'",
        ),
        (history, f",{value('voltage', 2)},", ",12 apples,", "export.csv:4: column 'state': '12 apples'"),
    ],
)
def test_a_line_that_is_not_understood_refuses_the_file_by_its_own_number(
    tmp_path: Path, made, old: str, new: str, place: str
) -> None:
    path, text = tmp_path / "export.csv", made()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    with pytest.raises(Refused) as caught:
        loaded(path, None)
    assert place in f"{caught.value.where}: {caught.value.what}"
    assert caught.value.remedy


def test_a_table_of_an_error_refuses_the_file(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,no bucket,897\n")
    with pytest.raises(Refused, match=r"export\.csv:4: a table of an error"):
        loaded(path, None)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("entity_id,type,unit", r"energy\.csv:1: the energy page of Home Assistant"),
        ("device,kind,unit", r"energy\.csv:1: times stand side by side"),
    ],
)
def test_times_side_by_side_in_the_head_are_told(tmp_path: Path, head: str, told: str) -> None:
    path = tmp_path / "energy.csv"
    times = ",".join(f"{iso(n)[:-1]}.000Z" for n in range(0, 300, 60))
    path.write_text(f"{head},{times}\nsensor.x,battery_in,kWh,1,2,3,4,5\n")
    with pytest.raises(Refused, match=told):
        loaded(path, None)


def test_lines_of_one_time_that_complete_each_other_are_one_row(tmp_path: Path) -> None:
    path = tmp_path / "outer.csv"
    rows = "".join(f"{iso(n)},{value('voltage', n)},\n{iso(n)},,{value('soc', n)}\n" for n in range(20))
    path.write_text("Time,Voltage [V],SoC [%]\n" + rows + f"{iso(0)},99.0,\n")
    found, _ = loaded(path, None)
    assert np.isfinite(found.tracks[0].values["voltage_v"]).all()
    assert found.tracks[0].values["voltage_v"][0] == value("voltage", 0)
    told = {each.what: each.count for each in found.intake.mended}
    assert told["lines of one time that complete each other: joined"] == 20
    assert told["lines with a time already given and other values: the first kept"] == 1
