"""Our plans against pysunspec2, over every model it ships, on random registers: the same values, the same absences."""

import math
import struct
from typing import Any

import numpy as np
import pytest
import sunspec2.device as peer

from ironkeep.codecs.chain import Entry
from ironkeep.codecs.layout import spread
from ironkeep.codecs.unit import Found, compose, wants_rows
from ironkeep.model.point import PointKind
from ironkeep.model.quality import ABSENT_INTEGER
from ironkeep.packs.equipment.library import knowledge
from ironkeep.packs.equipment.sunspec import model, numbers

REPEATS = 3


def size_of(group: dict[str, Any]) -> int:
    own = sum(int(point["size"]) for point in group["points"])
    return own + sum((1 if each.get("count") is None else REPEATS) * size_of(each) for each in group.get("groups", ()))


def put_counts_and_scales(
    group: dict[str, Any], at: int, words: np.ndarray, rng: np.random.Generator, names: set
) -> int:
    """Write what a random word must not be: counts, scale factors, text; returns the register after the group."""
    for point in group["points"]:
        kind, size = point["type"], int(point["size"])
        if point["name"] in names:
            words[at] = REPEATS
        elif kind == "sunssf":
            words[at] = rng.choice([rng.integers(-10, 11), 0, -1, -2, -3]) & 0xFFFF
        elif kind == "string":
            words[at : at + size] = rng.integers(0x41, 0x5B, size) * 256 + 0x61
        elif rng.random() < 0.2:  # often what "not implemented" looks like
            words[at : at + size] = {"int": 0x8000, "uin": 0xFFFF, "acc": 0}.get(kind[:3], 0xFFFF)
            if kind.startswith("int"):
                words[at + 1 : at + size] = 0
            elif kind == "float32":
                words[at : at + 2] = 0x7FC0, 0
        at += size
    for inner in group.get("groups", ()):
        for _ in range(1 if inner.get("count") is None else REPEATS):
            at = put_counts_and_scales(inner, at, words, rng, names)
    return at


def counts_of(group: dict[str, Any]) -> set[str]:
    own = {each["count"] for each in group.get("groups", ()) if isinstance(each.get("count"), str)}
    return own.union(*(counts_of(each) for each in group.get("groups", ())))


def random_words(number: int, rng: np.random.Generator) -> np.ndarray:
    definition = peer.get_model_def(number)["group"]
    size = size_of(definition)
    words = rng.integers(0, 0x10000, size).astype(np.uint16)
    assert put_counts_and_scales(definition, 0, words, rng, counts_of(definition)) == size
    words[0], words[1] = number, size - 2
    return words


def flat(group: peer.Group, path: tuple[str, ...] = (), indices: tuple[int, ...] = ()) -> dict:
    """The peer's points by path and repeat numbers."""
    found = {(*path, name, indices): point for name, point in group.points.items()}
    for name, inner in group.groups.items():
        several = isinstance(inner, list)
        for n, each in enumerate(inner if several else [inner]):
            found |= flat(each, (*path, name), (*indices, n + 1) if several else indices)
    return found


def peers_points(number: int, words: np.ndarray) -> dict:
    data = words.astype(">u2").tobytes()
    device = peer.Model(number, data=data, model_len=len(words) - 2)
    assert not device.error_info, device.error_info
    return flat(device)


def decoded(number: int, words: np.ndarray):
    known = model(number)
    layout = spread(known, int(words[1]), lambda offset: int(words[offset]), rows=False)
    assert layout.whole
    assert layout.registers == len(words)
    unit = compose(
        "a", [Found(Entry(number, 0, int(words[1])), known, layout)], [], children={}, registers_max=125, sign=1
    )
    unit.plan.decode(np.append(words, 0).astype(np.uint16))
    return unit


def expected_value(point: peer.Point, exponent: int) -> float | None:
    raw = point.value
    if raw is None or (isinstance(raw, float) and not math.isfinite(raw)):
        return None
    if (
        point.sf_required
        and point.sf
        and point.group.points.get(point.sf, point.model.points.get(point.sf)).value is None
    ):
        return None  # where the peer leaves such a value unscaled, we say that there is none
    value = point.cvalue if point.sf_required else raw
    return value * 10.0**exponent if exponent else value


@pytest.mark.parametrize("number", numbers())
def test_every_model_decodes_as_pysunspec2_decodes_it(number, rng):
    compared = absent = 0
    for _ in range(4):
        words = random_words(number, rng)
        theirs = peers_points(number, words)
        unit = decoded(number, words)
        if not unit.plan.parts:
            assert all(
                point.pdef["type"] in ("string", "pad") or name[0] in ("ID", "L", "DA")
                for name, point in theirs.items()
            )
            compared += 1
            continue
        (part,), (section,) = unit.plan.parts, unit.plan.sections
        for fields, values in ((part.analog, section.analog[0]), (part.integer, section.integer[0])):
            for field, ours in zip(fields, values, strict=True):
                point = theirs[(*field.path, field.point.key, field.indices)]
                exponent = field.point.exponent - (point.pdef["sf"] if isinstance(point.pdef.get("sf"), int) else 0)
                value = expected_value(point, exponent)
                what = f"{number}.{field.path}.{field.point.key}{field.indices}"
                compared += 1
                if field.point.kind is PointKind.ANALOG:
                    if value is None or abs(value) > np.finfo(np.float32).max:
                        assert math.isnan(ours), what
                        absent += 1
                    else:
                        assert ours == pytest.approx(np.float32(value), rel=2e-7, abs=0), what
                elif value is None or max(abs(value), abs(point.value)) >= 2**63:  # what the i8 block cannot hold
                    assert ours == ABSENT_INTEGER, what
                    absent += 1
                else:
                    raw, power = point.value, 0
                    if point.sf_required and field.point.kind is PointKind.COUNTER:
                        power = point.sf_value if point.sf is None else point.sf_value or 0
                    power += exponent
                    assert ours == (raw * 10**power if power >= 0 else raw // 10**-power), what
        columns = sum(len(part.analog) + len(part.integer) for part in unit.plan.parts)
        shown = sum(p.pdef["type"] not in ("string", "pad", "ipaddr", "ipv6addr", "eui48") for p in theirs.values())
        assert columns == shown - 2, "every point but ID and L is a column"
    assert compared
    assert absent or number in (1, 2, 10, 11) or compared < 200


def test_bits_that_say_absent_stand_beside_absent_values_alone(rng):
    words = random_words(802, rng)
    unit = decoded(802, words)
    section = unit.plan.sections[0]
    gone = np.hstack([np.isnan(section.analog), section.integer == ABSENT_INTEGER])
    assert gone.any()
    assert not gone.all()
    assert np.array_equal(section.absent, gone.astype(np.uint16))


def test_a_changed_scale_factor_is_noticed_and_used_at_once(rng):
    words = random_words(802, rng)
    known = model(802)
    layout = spread(known, int(words[1]), lambda offset: int(words[offset]), rows=False)
    offsets = {field.point.key: field.offset for field in layout.fields}
    words[offsets["SoC"]], words[offsets["SoC_SF"]] = 50, 0
    unit = decoded(802, words)
    names = [spec.name for spec in unit.seats[0].analog]
    assert unit.plan.sections[0].analog[0, names.index("soc_pct")] == 50.0
    words[offsets["SoC_SF"]] = 0xFFFF  # -1
    assert unit.plan.decode(np.append(words, 0).astype(np.uint16))
    assert unit.plan.sections[0].analog[0, names.index("soc_pct")] == 5.0
    integers = [spec.name for spec in unit.seats[0].integer]
    assert unit.plan.sections[0].integer[0, integers.index("m802_SoC_SF")] == -1
    assert not unit.plan.decode(np.append(words, 0).astype(np.uint16))


@pytest.mark.parametrize("scale", [0x8000, 11, 0x10000 - 11, 0x7FFF])
def test_a_value_whose_scale_factor_is_none_is_absent(scale, rng):
    words = random_words(802, rng)
    layout = spread(model(802), int(words[1]), lambda offset: int(words[offset]), rows=False)
    offsets = {field.point.key: field.offset for field in layout.fields}
    words[offsets["SoC"]], words[offsets["SoC_SF"]] = 50, scale
    unit = decoded(802, words)
    names = [spec.name for spec in unit.seats[0].analog]
    section = unit.plan.sections[0]
    assert math.isnan(section.analog[0, names.index("soc_pct")])
    assert section.absent[0, names.index("soc_pct")] == 1


def test_power_follows_the_sign_of_the_device_and_nothing_else_does(rng):
    words = random_words(802, rng)
    for offset, value in ((43, 0), (44, 0)):
        words[offset] = value
    known = model(802)
    layout = spread(known, int(words[1]), lambda offset: int(words[offset]), rows=False)
    found = Found(Entry(802, 0, int(words[1])), known, layout)
    rows = []
    for sign in (1, -1):
        unit = compose("a", [found], [], children={}, registers_max=125, sign=sign)
        unit.plan.decode(np.append(words, 0).astype(np.uint16))
        rows.append(unit.plan.sections[0].analog[0].astype(float).copy())
    names = [spec.name for spec in unit.seats[0].analog]
    flipped = {"current_a", "power_w", "power_requested_w"}
    for name, plus, minus in zip(names, *rows, strict=True):
        if not math.isnan(plus):
            assert minus == (-plus if name in flipped else plus), name


def test_a_vendor_map_decodes_types_scales_word_orders_and_sentinels():
    chart = knowledge().maps["example"]
    registers = {0: 0x0001, 1: 0x86A0, 2: 0xFFF6, 3: 2, 4: 0x0000, 5: 0x0008, 6: 0xFFFF, 7: 12, 8: 0, 9: 77, 20: 0xFFFF}
    registers |= {10 + n: word for n, word in enumerate(struct.unpack(">8H", b"4.2.1".ljust(16, b"\0")))}
    unit = compose("a", [], [(chart, chart.base)], children={}, registers_max=125, sign=-1)
    words = np.zeros(unit.words + 1, np.uint16)
    for slot in unit.slots:
        for n in range(slot.read.count):
            words[slot.word + n] = registers[slot.read.address - 45_000 + n]
    unit.plan.decode(words)
    (section,), (seat,) = unit.plan.sections, unit.seats
    values = dict(zip([spec.name for spec in seat.analog], section.analog[0].tolist(), strict=True))
    assert values == {
        "insulation_ohm": 10_000_000.0,
        "trip_over_c": -1.0,
        "feed_power_a_w": 10.0,
        "feed_power_b_w": -120.0,
    }
    whole = dict(zip([spec.name for spec in seat.integer], section.integer[0].tolist(), strict=True))
    assert whole == {"state": 2, "alarm_bits": 8, "energy_wh": 77, "example_sf_20": -1}


@pytest.mark.parametrize(
    ("children", "assets"),
    [
        ({}, {"sunspec-804x2": ("a", "a.804-02")}),
        (
            {"804#": "a.s{n}", "804.*": "a.s{m}.m{n:02}"},
            {"sunspec-804": ("a.s1", "a.s2"), "sunspec-804.*": ("a.s1.m01", "a.s1.m02", "a.s2.m01", "a.s2.m02")},
        ),
        ({"804#": "a.s{n:02}"}, {"sunspec-804x2": ("a.s01", "a.s02")}),
    ],
)
def test_children_give_the_instances_of_a_model_and_what_repeats_in_each_to_assets(children, assets):
    known = model(804)
    words = np.zeros(48 + 2 * 16, np.uint16)
    words[0], words[1], words[3] = 804, len(words) - 2, 2
    layout = spread(known, len(words) - 2, lambda offset: int(words[offset]), rows=wants_rows(known, children))
    found = [Found(Entry(804, 1000 * n, len(words) - 2), known, layout) for n in (1, 2)]
    unit = compose("a", found, [], children=children, registers_max=125, sign=1)
    assert {seat.group: seat.assets for seat in unit.seats} == assets


def test_what_repeats_in_any_model_may_be_an_asset_of_its_own():
    known, children = model(160), {"160.*": "a.i{n}"}
    words = np.zeros(10 + 3 * 20, np.uint16)
    words[0], words[1], words[8] = 160, len(words) - 2, 3
    layout = spread(known, len(words) - 2, lambda offset: int(words[offset]), rows=wants_rows(known, children))
    unit = compose("a", [Found(Entry(160, 0, 68), known, layout)], [], children=children, registers_max=125, sign=1)
    assert ("a.i1", "a.i2", "a.i3") in [seat.assets for seat in unit.seats]
