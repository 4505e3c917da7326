"""Every layer of a battery site has a kind of its own (INV-01): declared, listed, imported, judged and found again."""

import msgspec
import pytest

from ironkeep.codecs import inventory as table
from ironkeep.codecs import netbox
from ironkeep.decisions.inventory.gaps import find
from ironkeep.decisions.inventory.mandatory import MANDATORY, PLACE
from ironkeep.decisions.inventory.reconcile import reconcile
from ironkeep.model.register import GapKind
from ironkeep.model.site import AssetKind
from tests.decisions.inventory.registers import World, asset, site
from tests.decisions.inventory.test_gaps import TODAY

LAYERS = {
    "module": "module",
    "cells read together": "cell group",
    "rack": "rack",
    "container": "container",
    "string": "string",
    "BMS controller": "bms",
    "inverter": "pcs",
    "gateway": "gateway",
    "site controller": "site controller",
    "HVAC": "hvac",
    "fire suppression": "fire suppression",
    "gas detection": "gas detection",
    "backhaul modem": "modem",
    "switch": "switch",
    "meter": "meter",
    "relay": "relay",
    "transfer switch": "transfer switch",
    "generator": "generator",
    "UPS": "ups",
}


def test_no_two_layers_share_a_kind_and_every_kind_must_say_where_it_is_and_who_answers_for_it():
    assert len(set(LAYERS.values())) == len(LAYERS)
    for kind in AssetKind:
        assert set(PLACE) <= set(MANDATORY[kind])


@pytest.mark.parametrize("kind", LAYERS.values())
def test_an_asset_of_each_layer_is_in_the_register_and_one_without_a_parent_is_reported(kind):
    world = World(site(asset("thing", AssetKind(kind), parent="nowhere")))
    ledger = reconcile(world.policy, world.memory.standing, {})
    find(ledger, world.policy, TODAY)
    (entry,) = ledger.entries.values()
    assert entry.effective["kind"] == kind
    assert entry.gaps[GapKind.NO_PARENT] == "nowhere is not in the site file"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Battery Rack", "rack"),
        ("BESS container", ""),
        ("battery_container", "container"),
        ("Battery Management System", "bms"),
        ("Inverters", "pcs"),
        ("EMS", "site controller"),
        ("CRAC", "hvac"),
        ("Fire panel", "fire suppression"),
        ("Off-gas detector", "gas detection"),
        ("LTE router", "modem"),
        ("Access Switch", "switch"),
        ("ATS", "transfer switch"),
        ("Genset", "generator"),
        ("Power meter", "meter"),
        ("UPS", "ups"),
        ("cell group", "cell group"),
        ("toaster", ""),
    ],
)
def test_what_other_lists_call_a_layer_is_known_or_left_out_and_never_guessed(word, kind):
    assert table.kind_of(word) == kind
    device = {"name": "d1", "role": {"name": word}, "device_type": {"model": "M"}}
    taken = netbox.parse(msgspec.json.encode({"devices": [device]}), "n.json")
    assert taken.records[0].fields.get("kind", "") == kind
    assert any("is no kind of asset" in line for line in taken.left_out) is (not kind)


def test_a_rack_of_netbox_is_a_rack():
    rack = {"name": "R1", "u_height": 42, "status": {"value": "active"}}
    (record,) = netbox.parse(msgspec.json.encode({"racks": [rack]}), "n.json").records
    assert record.fields["kind"] == "rack"
    assert record.fields["name"] == "rack R1"


def test_a_table_tells_that_it_read_another_word_and_the_template_names_every_layer():
    taken = table.parse(b"name,kind\nP1,Fire panel\nP2,ups\n", "list.csv")
    assert [record.fields["kind"] for record in taken.records] == ["fire suppression", "ups"]
    assert any("kind Fire panel is fire suppression" in line for line in taken.mended)
    assert all(kind in table.template() for kind in LAYERS.values())
