"""What papers say of an asset, in a site file."""

import re

import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.site import Chemistry, Interface, Paper
from ironkeep.packs.sites.declare import declare_text

HEAD = '[site]\nid = "s"\nname = "S"\n\n[[asset]]\nid = "cab-a"\nkind = "bank"\n'


def paper(lines: str) -> Paper:
    return declare_text(HEAD + lines + "\n").assets[0].paper


def told(lines: str) -> str:
    with pytest.raises(Refused) as refused:
        paper(lines)
    return str(refused.value)


def test_an_asset_without_papers_says_nothing() -> None:
    assert paper("").fields() == {}


def test_papers_become_text_under_the_names_of_the_register() -> None:
    said = paper(
        'owner = "Facilities"\nchemistry = "lfp"\nisolation = ["Q1", "Q2"]\ninterfaces = ["web page", "API"]\n'
        'cloud = "none"\ninstalled_on = 2021-03-05\nsupport_until = "not announced"'
    )
    assert (said.chemistry, said.interfaces) == (Chemistry.LFP, (Interface.WEB_PAGE, Interface.API))
    assert said.fields() == {
        "owner": "Facilities",
        "chemistry": "lfp",
        "isolation": "Q1, Q2",
        "interfaces": "web page, API",
        "cloud": "none",
        "installed_on": "2021-03-05",
        "support_until": "not announced",
    }


def test_an_empty_list_says_that_there_is_none_and_a_list_left_out_says_nothing() -> None:
    assert paper("isolation = []").fields() == {"isolation": "none"}


@pytest.mark.parametrize("key", ["installed_on", "design_life_until", "calibrated_until", "inspected_until"])
@pytest.mark.parametrize(("value", "said"), [("2031-06-30", "2031-06-30"), ('"2031-06-30"', "2031-06-30"),
                                             ('"unknown"', "unknown")])  # fmt: skip
def test_a_date_may_stand_in_quotes_or_be_unknown(key: str, value: str, said: str) -> None:
    assert paper(f"{key} = {value}").fields() == {key: said}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('chemistry = "lifepo4"', "chemistry: 'lifepo4' is not one of the words.*lfp, nmc"),
        ('credentials = "hunter2"', "credentials: 'hunter2' is not one of the words.*unique, shared"),
        ('state = "retird"', "state: 'retird'.*did you mean 'retired'"),
        ('contact = "ops, password: hunter2"', "contact: the text seems to hold a password"),
        ('owner = "  "', "owner: the text is empty"),
        ("owner = 3", "owner: 3 is not text"),
        ('installed_on = "last spring"', "installed_on: 'last spring' is not a date.*2031-06-30"),
        ("installed_on = 2031-02-30", "not TOML"),
        ("installed_on = 2021-03-05T00:00:00Z", "installed_on: datetime.* is not a date"),
        ('calibrated_until = "not announced"', "calibrated_until: 'not announced' is not a date"),
        ('isolation = "Q1"', "isolation: 'Q1' is not a list"),
        ('isolation = ["Q1, Q2"]', "isolation: 'Q1, Q2' cannot stand in a list"),
        ('isolation = ["Q1", "Q1"]', "isolation: the list names something twice"),
        ('interfaces = ["telnet"]', "interfaces: 'telnet' is not one of the words"),
        ('mac = "02-00-5E-10-00-1F"', "mac: .* is not a hardware address"),
        ('address = "10.0.0.1/24"', "address: .* is not a host"),
        ('onwer = "x"', "there is no key 'onwer'.*did you mean 'owner'"),
    ],
)
def test_what_papers_cannot_say_is_told_with_what_would_be_right(lines: str, words: str) -> None:
    assert re.search(words, told(lines)), told(lines)


@pytest.mark.parametrize("line", ['serial = "1"', 'mac = "02:00:5e:10:00:1f"', 'address = "10.0.0.1"'])
def test_many_assets_of_one_line_cannot_share_a_serial_or_an_address(line: str) -> None:
    text = f'{HEAD}\n[[asset]]\nid = "cab-a.s{{1..2}}"\nkind = "string"\n{line}\n'
    with pytest.raises(Refused, match="2 assets cannot have one"):
        declare_text(text)
