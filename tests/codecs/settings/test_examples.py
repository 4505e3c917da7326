"""Every example of docs/reference/setting-files.md reads as the page says, and there is one of each form."""

import re
from pathlib import Path

import pytest

from ironkeep.codecs.settings.entries import SettingsForm
from ironkeep.codecs.settings.read import Chart, read
from ironkeep.packs.equipment.maps import shipped
from ironkeep.packs.equipment.sunspec import model

PAGE = Path(__file__).parents[3] / "docs/reference/setting-files.md"
SHAPE = re.compile(
    r"^### (?P<title>[^\n]+) \((?P<form>[a-z-]+)(?:, --map (?P<map>\w+)@(?P<base>\d+))?\)\n\n"
    r"```\n(?P<file>.*?)```\n\nreads as\n\n```\n(?P<reads>.*?)```$",
    re.MULTILINE | re.DOTALL,
)
SHAPES = {found["title"]: found for found in SHAPE.finditer(PAGE.read_text())}


@pytest.mark.parametrize("title", SHAPES)
def test_an_example_reads_as_the_page_says(title: str) -> None:
    shape = SHAPES[title]
    chart = Chart(model, shipped()[shape["map"]], int(shape["base"])) if shape["map"] else Chart(model)
    file = read(shape["file"].encode(), "export", chart)
    assert file.form == shape["form"]
    found = [f"{entry.key} = {entry.text} {entry.unit}".rstrip() for entry in file.entries]
    assert found == shape["reads"].splitlines()


def test_every_form_has_an_example_and_no_example_is_passed_over() -> None:
    assert {shape["form"] for shape in SHAPES.values()} == {form.value for form in SettingsForm}
    examples = PAGE.read_text().partition("\n## Examples\n")[2]
    assert len(SHAPES) == examples.count("\n### ")
