"""Inventories as tables: what is understood, what is left out, what refuses the file."""

import pytest

from ironkeep.codecs import inventory
from ironkeep.codecs.taken import Taken
from ironkeep.model.errors import Refused
from ironkeep.model.register import FIELDS


def told(text: str | bytes) -> Taken:
    return inventory.parse(text.encode() if isinstance(text, str) else text, "list")


def fields(text: str) -> list[dict[str, str]]:
    return [record.fields for record in told(text).records]


def test_the_template_holds_every_field_and_reads_back() -> None:
    head = inventory.template().splitlines()[-1].split(",")
    assert head == list(FIELDS)
    row = ",".join({"asset": "cab-a", "maker": "Helion"}.get(name, "") for name in head)
    assert fields(inventory.template() + row + "\n") == [{"asset": "cab-a", "maker": "Helion"}]


def test_the_heads_of_other_lists_are_understood_and_the_rest_is_named() -> None:
    taken = told("Asset ID;Manufacturer;Serial No;IP Address;Status;Colour\ncab-a;Helion;417;10.0.0.5;Active;blue\n")
    assert taken.records[0].fields == {
        "asset": "cab-a", "maker": "Helion", "serial": "417", "address": "10.0.0.5", "state": "active"
    }  # fmt: skip
    assert taken.left_out == ("column 'Colour'",)
    assert taken.mended == ("cells between semicolons",)
    assert taken.records[0].place == "line 2"


def test_dates_and_addresses_get_their_one_spelling_and_that_is_said() -> None:
    taken = told("asset,support_until,mac,inspected_until\na,31.12.2031,02-00-00-AB-00-05,2030-01-02T00:00:00Z\n")
    assert taken.records[0].fields == {
        "asset": "a", "support_until": "2031-12-31", "mac": "02:00:00:ab:00:05", "inspected_until": "2030-01-02"
    }  # fmt: skip
    assert len(taken.mended) == 3


def test_unknown_and_not_announced_are_answers_and_an_empty_cell_is_none() -> None:
    assert fields("asset,support_until,owner\na,Not announced,Unknown\nb,,\n") == [
        {"asset": "a", "support_until": "not announced", "owner": "unknown"},
        {"asset": "b"},
    ]


@pytest.mark.parametrize("head", ["password", "Admin Password", "SNMP community", "api_key", "token"])
def test_a_column_of_secrets_refuses_the_file_by_its_name(head: str) -> None:
    with pytest.raises(Refused, match="secrets") as refused:
        told(f"asset,{head}\na,hunter2\n")
    assert "hunter2" not in str(refused.value)
    assert head in str(refused.value)


def test_a_secret_written_where_a_word_belongs_is_refused_and_not_shown() -> None:
    with pytest.raises(Refused, match="unique, shared, default") as refused:
        told("asset,credentials\na,hunter2\n")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("asset,support_until\na,2031-12-31\nb,11/12/2031\n", "line 3, column 2"),
        ("asset,state\na,running\n", "line 2, column 2"),
        ("asset,mac\na,nothing\n", "line 2, column 2"),
        ("asset,owner\na,b,c\n", "line 2"),
        ("asset,owner,Owner\na,b,c\n", "line 1, column 3"),
        ("colour,shape\nblue,round\n", "line 1"),
        ("asset,owner\n", "list"),
    ],
)
def test_what_is_not_understood_refuses_the_whole_file_with_its_place(text: str, place: str) -> None:
    with pytest.raises(Refused, match=place) as refused:
        told(text)
    assert refused.value.remedy


def test_a_cell_may_hold_the_delimiter_quotes_and_lines() -> None:
    assert fields('asset,owner,isolation\na,"Ito, Kim","Q1, ""Q2""\nQ3"\n') == [
        {"asset": "a", "owner": "Ito, Kim", "isolation": 'Q1, "Q2" Q3'}
    ]


def test_lines_of_a_title_above_the_head_are_left_out_and_told() -> None:
    taken = told("Battery inventory 2026,,,\n,,,\nAsset ID,Serial No.,IP,Owner\ncab-a,417,10.0.0.5,Power desk\n")
    assert taken.records[0].fields == {"asset": "cab-a", "serial": "417", "address": "10.0.0.5", "owner": "Power desk"}
    assert taken.records[0].place == "line 4"
    assert "lines above the head left out: line 1 to 2" in taken.mended


def test_a_title_does_not_hide_a_column_of_secrets() -> None:
    with pytest.raises(Refused, match=r"line 2, column 2: column 'Admin Password' holds secrets"):
        told("Battery inventory 2026,\nasset,Admin Password\ncab-a,hunter2\n")


@pytest.mark.parametrize("word", ["n/a", "-", "TBD", "none", "?", "#N/A"])
def test_a_word_that_says_nothing_is_no_answer_and_that_is_told(word: str) -> None:
    taken = told(f"asset,owner,support_until\ncab-a,{word},{word}\n")
    assert taken.records[0].fields == {"asset": "cab-a"}
    assert taken.mended == (f"line 2: owner '{word}' says nothing", f"line 2: support_until '{word}' says nothing")


def test_heads_in_german_are_understood() -> None:
    head = "Inventarnummer;Modell;IP-Adresse;Besitzer;Ansprechpartner;Firmwarestand;Support Ende;Trennstelle"
    assert fields(f"{head}\ncab-a;LFP-82;10.0.0.5;Technik;App. 22;3.2.0;31.12.2031;Q-A1\n") == [
        {
            "asset": "cab-a", "model": "LFP-82", "address": "10.0.0.5", "owner": "Technik", "contact": "App. 22",
            "firmware": "3.2.0", "support_until": "2031-12-31", "isolation": "Q-A1",
        }
    ]  # fmt: skip


def test_where_a_list_tells_the_role_its_type_is_the_model() -> None:
    assert fields("Name,Role,Manufacturer,Type\ncab-a,Battery,Helion,LFP-82\n") == [
        {"name": "cab-a", "kind": "bank", "maker": "Helion", "model": "LFP-82"}
    ]
