"""Numbers into registers."""

import numpy as np

from ironkeep.twin.layout import SITE
from ironkeep.twin.serve.battery import bank_blocks
from ironkeep.twin.serve.chain import units
from ironkeep.twin.serve.image import Image, Unit, words_of
from ironkeep.twin.serve.models import Place
from ironkeep.twin.signals import SIGNALS
from ironkeep.twin.signals import Block as Signals

BANK = SITE.banks[0]


def image_of_bank() -> tuple[Image, dict[str, int]]:
    """The image of cab-a's unit 1 alone, and the register of each point of its 802."""
    whole = bank_blocks(SITE, BANK)[0]
    image = Image({"cab-a": {1: Unit([whole])}})
    return image, {path: 2 + place.offset for path, place in whole.layout.places.items()}


def test_a_negative_current_is_two_complement() -> None:
    image, at = image_of_bank()
    signals = Signals().arrays
    signals["bank.current_a"][0] = -12.3
    image.update(signals)
    assert image.registers[at["A"]] == 0x10000 - 123


def test_a_dead_sensor_reads_not_implemented_and_never_zero() -> None:
    image, at = image_of_bank()
    signals = Signals().arrays
    signals["bank.soc_pct"][0] = np.nan
    signals["bank.current_a"][0] = np.nan
    image.update(signals)
    assert image.registers[at["SoC"]] == 0xFFFF
    assert image.registers[at["A"]] == 0x8000


def test_a_value_that_does_not_fit_reads_not_implemented_and_is_not_clipped() -> None:
    image, at = image_of_bank()
    signals = Signals().arrays
    signals["bank.current_a"][0] = 1e6
    signals["bank.voltage_v"][0] = 6553.5  # would be the mark of absence itself
    image.update(signals)
    assert image.registers[at["A"]] == 0x8000
    assert image.registers[at["V"]] == 0xFFFF


def test_noise_below_zero_reads_zero_where_the_register_has_no_sign() -> None:
    image, at = image_of_bank()
    signals = Signals().arrays
    signals["bank.voltage_v"][0] = -0.2
    image.update(signals)
    assert image.registers[at["V"]] == 0


def test_a_long_counter_keeps_its_low_and_high_words() -> None:
    image, at = image_of_bank()
    signals = Signals().arrays
    signals["bank.cycles_count"][0] = 0x0001_0002
    image.update(signals)
    assert list(image.registers[at["NCyc"] : at["NCyc"] + 2]) == [1, 2]


def test_scale_factors_stand_in_their_registers_and_never_move() -> None:
    image, at = image_of_bank()
    before = image.registers[at["A_SF"]], image.registers[at["CellV_SF"]]
    signals = Signals().arrays
    for array in signals.values():
        array[:] = 1
    image.update(signals)
    assert before == (0x10000 - 1, 0x10000 - 3) == (image.registers[at["A_SF"]], image.registers[at["CellV_SF"]])


def test_a_text_is_padded_with_zeros_to_its_registers() -> None:
    assert words_of("AB", Place("string", 0, 2)) == [0x4142, 0]


def test_every_unit_begins_with_the_mark_and_ends_with_the_end_of_the_chain() -> None:
    image = Image(units())
    for device in image.spans.values():
        for spans in device.values():
            first, start, count = spans[0]
            assert first == 40_000
            assert list(image.registers[start : start + 3]) == [0x5375, 0x6E53, 1]
            assert list(image.registers[start + count - 2 : start + count]) == [0xFFFF, 0]


def test_every_signal_of_the_plant_can_be_read_somewhere() -> None:
    shown = set()
    for device in units().values():
        for unit in device.values():
            for block in (*unit.chain, *(block for _, block in unit.apart)):
                shown |= {each.signal for each in block.shown}
    hidden = set(SIGNALS) - shown
    assert hidden == set()
