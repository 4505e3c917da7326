"""What the rooms of a site decide by: site file and packs brought together, once, at start."""

import msgspec

from ironkeep.decisions import access, alarms, incidents, inventory, telemetry
from ironkeep.engine.turn import Policies
from ironkeep.model.site import Site
from ironkeep.packs.access import read as access_pack
from ironkeep.packs.alarms import read as alarm_pack
from ironkeep.packs.checks import read as check_pack


def policies(site: Site) -> Policies:
    """What every room decides by on that site."""
    rules, known = alarm_pack.shipped(), check_pack.shipped()
    return Policies(
        telemetry=telemetry.Policy(
            site=site,
            checks=known.checks,
            bounds=known.bounds,
            settings=known.settings,
            thermistors=known.thermistors,
        ),
        alarms=alarms.Policy(site=site, rules=rules),
        incidents=incidents.Policy(site=site, rules=rules),
        access=access.Policy(table=access_pack.shipped(), second_factor=site.access.second_factor),
        inventory=inventory.Policy(site=site),
    )


def policy_texts(chosen: Policies) -> dict[str, bytes]:
    """Each policy as sorted JSON, as it enters the blob store and, by digest, the spine; without the site, which
    has its own.
    """
    texts = {}
    for name in ("telemetry", "alarms", "incidents", "access", "inventory"):
        fields = msgspec.to_builtins(getattr(chosen, name))
        fields.pop("site", None)
        texts[name] = msgspec.json.encode(fields, order="sorted")
    return texts
