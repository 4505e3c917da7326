"""The page about the site file says what the code does."""

import re
from pathlib import Path

import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.register import FIELDS
from ironkeep.model.site import (
    Access,
    Asset,
    AssetKind,
    Chemistry,
    Console,
    Credentials,
    Device,
    Interface,
    LifeStage,
    Paper,
    Site,
)
from ironkeep.packs.sites.declare import declare_text


def page(root: Path) -> str:
    return (root / "docs/reference/site-file.md").read_text()


def keys(text: str, heading: str) -> set[str]:
    """The keys of the first column of the table under a heading."""
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    return {key for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}


def test_every_key_is_described_and_no_other(root: Path) -> None:
    text = page(root)
    assert keys(text, "[site]") == set(Site.__struct_fields__) - {"assets", "devices", "console", "access"}
    assert keys(text, "[console]") == set(Console.__struct_fields__)
    assert keys(text, "[access]") == set(Access.__struct_fields__)
    assert keys(text, "[[asset]]") == set(Asset.__struct_fields__) - {"paper"}
    assert keys(text, "Papers of an asset") == set(Paper.__struct_fields__)
    assert keys(text, "[[device]]") == set(Device.__struct_fields__)


def test_every_word_of_a_closed_set_stands_on_the_page(root: Path) -> None:
    for words in (AssetKind, Chemistry, Credentials, LifeStage, Interface):
        assert all(str(word) in page(root) for word in words)


def test_what_papers_say_has_the_names_of_the_register() -> None:
    assert set(Paper.__struct_fields__) <= set(FIELDS)


def test_the_example_is_a_good_site_and_the_error_is_what_it_says(root: Path) -> None:
    text = page(root)
    example = text.split("```toml\n")[1].split("```")[0]
    assert len(declare_text(example).assets) == 22
    shown = text.split("## Errors")[1].split("```")[1].strip()
    with pytest.raises(Refused) as refused:
        declare_text(example.replace('"bank"', '"bnak"'))
    assert re.sub(r"^site\.toml:\d+", "", shown) in re.sub(r"site\.toml:\d+", "", str(refused.value))
