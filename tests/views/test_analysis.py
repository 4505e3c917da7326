"""The report says worst first what was seen, under which condition; nothing from the file reaches it unescaped."""

import re
from pathlib import Path

import msgspec
import pytest

from ironkeep.model.analysis import Analysis, Curve, Rank
from ironkeep.programs.analyse import analyse
from ironkeep.views.analysis import remarks
from ironkeep.views.analysis_curve import picture
from ironkeep.views.analysis_page import page
from ironkeep.views.analysis_text import lines
from tests.recorded import SERIES, Sheet, cycled, sheet

EVIL = '<script>alert("1")</script>&<img src=x onerror=alert(1)>'


def spoilt(tmp_path: Path, given: Sheet, mapping: str = "") -> Analysis:
    path = tmp_path / "rec.csv"
    path.write_text(given.text())
    if not mapping:
        return analyse(path, None)[0]
    text = analyse(path, None)[1]
    map_path = tmp_path / "map.toml"
    old, _, new = mapping.partition(" -> ")
    assert old in text
    map_path.write_text(text.replace(old, new))
    return analyse(path, map_path)[0]


def titles(analysis: Analysis, rank: Rank) -> list[str]:
    return [remark.title for remark in remarks(analysis) if remark.rank is rank]


def test_a_sound_recording_has_nothing_to_look_at(tmp_path: Path) -> None:
    found = spoilt(tmp_path, sheet(cycled()))
    assert titles(found, Rank.WRONG) == titles(found, Rank.LOOK) == []
    assert "Nothing in this recording contradicts itself" in page(found)


def test_everything_says_that_it_rests_on_a_guess_until_a_mapping_is_given(tmp_path: Path) -> None:
    found = spoilt(tmp_path, sheet(cycled()))
    assert "This rests on a guess" in page(found)
    assert any("THE MAPPING IS A GUESS" in line for line in lines(found))
    given = spoilt(tmp_path, sheet(cycled()), 'asset = "" -> asset = ""')
    assert "This rests on a guess" not in page(given)
    assert "read by the mapping given" in lines(given)


def test_a_sign_declared_the_wrong_way_round_is_wrong_and_stands_first(tmp_path: Path) -> None:
    found = spoilt(tmp_path, sheet(cycled()), 'positive = "discharge" -> positive = "charge"')
    first = remarks(found)[0]
    assert (first.rank, first.title) == (Rank.WRONG, "The sign of the current contradicts the battery")


@pytest.mark.safety("S17", "S20")
def test_a_contactor_that_reads_open_while_current_flows_is_wrong_and_no_word_of_isolation(tmp_path: Path) -> None:
    given = sheet(cycled())
    given.names.append("Contactor")
    for n, row in enumerate(given.rows):
        row.append("Open" if n < 30 or 200 <= n < 260 else "Closed")
    found = spoilt(tmp_path, given)
    remark = next(each for each in remarks(found) if each.title == "Current flows through an open contactor")
    assert remark.rank is Rank.WRONG
    assert "reads 'open'" in remark.words
    states = next(each for each in remarks(found) if each.title == "States")
    assert "no isolation" in states.condition
    assert "safe to" not in page(found)


@pytest.mark.safety("S40")
def test_the_guessed_sign_follows_the_charge_and_is_not_called_proven(tmp_path: Path) -> None:
    found = spoilt(tmp_path, sheet(cycled(), positive=-1))
    guess = next(each for each in found.intake.guesses if each.subject.startswith("sign of"))
    assert guess.taken == "positive is charge"
    fine = next(each for each in remarks(found) if each.title == "The sign of the current agrees with the battery")
    assert "not proven" in fine.condition
    assert found.batteries[0].energy is not None


@pytest.mark.safety("S40")
def test_a_sign_that_the_voltage_alone_tells_is_not_called_proven(tmp_path: Path) -> None:
    bare = sheet(cycled())
    bare.names, bare.rows = bare.names[:3], [row[:3] for row in bare.rows]
    found = spoilt(tmp_path, bare)
    fine = next(each for each in remarks(found) if each.title == "The sign of the current agrees with the battery")
    assert "not proven" in fine.condition
    assert found.batteries[0].energy is not None


@pytest.mark.safety("S40")
def test_without_a_charge_or_a_voltage_that_moves_the_sign_stays_open_and_no_energy_is_told(tmp_path: Path) -> None:
    bare = sheet(cycled())
    bare.names, bare.rows = bare.names[:3], [[row[0], "700.0", row[2]] for row in bare.rows]
    found = spoilt(tmp_path, bare)
    assert found.batteries[0].energy is None
    assert "Energy in and out" in titles(found, Rank.OPEN)


def test_a_rank_is_worst_first_and_what_is_not_judged_names_what_is_missing(tmp_path: Path) -> None:
    given = sheet(cycled())
    given.rows[400][3] = "150.0"
    del given.rows[600:700]
    order = [Rank.WRONG, Rank.LOOK, Rank.FINE, Rank.OPEN]
    found = [order.index(remark.rank) for remark in remarks(spoilt(tmp_path, given))]
    assert found == sorted(found)
    assert {0, 1, 2, 3} == set(found)
    open_words = [remark.words for remark in remarks(spoilt(tmp_path, given)) if remark.rank is Rank.OPEN]
    assert all("for want of" in words for words in open_words)


def test_the_voltage_at_rest_speaks_only_with_chemistry_and_cells_declared(tmp_path: Path) -> None:
    asset = f'[[asset]]\nid = "battery"\nchemistry = "lfp"\ncells_in_series = {SERIES}\ncapacity_ah = 280.0\n'
    found = spoilt(tmp_path, sheet(cycled()), f"[time] -> {asset}\n[time]")
    assert "Voltage at rest agrees with the reported charge" in titles(found, Rank.FINE)
    other = spoilt(tmp_path, sheet(cycled()), f"[time] -> {asset.replace('280.0', '350.0')}\n[time]")
    assert "The capacity differs from what is declared" in titles(other, Rank.LOOK)


@pytest.mark.parametrize("where", ["name", "column", "asset"])
def test_nothing_from_the_file_reaches_the_page_unescaped(tmp_path: Path, where: str) -> None:
    given = sheet(cycled(), every=60)
    if where == "column":
        given.names.append(EVIL)
        for row in given.rows:
            row.append(EVIL)
    if where == "asset":
        given.names.append("Rack")
        for number, row in enumerate(given.rows):
            row.append("R" if number % 2 else "<b>Qx</b>")
    path = tmp_path / ("a<b>&.csv" if where == "name" else "rec.csv")
    path.write_text(given.text())
    text = page(analyse(path, None)[0])
    assert "<script" not in text
    assert "<img" not in text
    assert "<b>Q" not in text
    assert "a<b>" not in text
    assert text.count("<b>") == text.count("</b>")


def test_one_wild_value_does_not_make_a_line_of_all_others(tmp_path: Path) -> None:
    half = (*(700.0 + i for i in range(30)), 65_535.0, *(730.0 - i for i in range(30)))
    drawn = picture(
        msgspec.structs.replace(
            spoilt(tmp_path, sheet(cycled())).batteries[0], curves=(Curve("voltage_v", 0, 60_000_000, half, half),)
        ),
        ["voltage_v"],
        (),
        600,
        100,
    )
    assert "voltage 700 to 730 V; beyond the picture 65,535 V" in drawn
    heights = {float(point.split()[1]) for point in re.findall(r"[ML]?(\d+\.\d \d+\.\d)", drawn)}
    assert max(heights) - min(heights) > 80
    assert len(heights) > 20


def test_the_page_is_whole_in_itself(tmp_path: Path) -> None:
    text = page(spoilt(tmp_path, sheet(cycled())))
    for outside in ("http:", "https:", "src=", "href=", "url(", "@import", "javascript"):
        assert outside not in text
    assert "default-src 'none'" in text
    assert text.count("<svg") >= 4


def test_the_page_says_file_digest_rows_and_version(tmp_path: Path) -> None:
    found = spoilt(tmp_path, sheet(cycled()))
    text = page(found)
    for told in (found.intake.digest, found.intake.name, f"{found.intake.rows:,} rows read", found.version):
        assert told in text


def test_a_terminal_gets_no_control_character_of_the_file(tmp_path: Path) -> None:
    given = sheet(cycled(), every=60)
    given.names.append("\x1b[31mred\x07")
    for row in given.rows:
        row.append("1")
    assert all(line.isprintable() for line in lines(spoilt(tmp_path, given)))
