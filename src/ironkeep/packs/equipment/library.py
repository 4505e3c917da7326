"""The one thing that readers of equipment are given: SunSpec models by id and vendor maps by name."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ironkeep.codecs.definition import Knowledge, VendorMap
from ironkeep.codecs.unit import SUNSPEC
from ironkeep.model.errors import Refused
from ironkeep.model.site import Device
from ironkeep.packs.equipment.maps import shipped
from ironkeep.packs.equipment.sunspec import model


def knowledge(own: Mapping[str, VendorMap] | None = None) -> Knowledge:
    """All that ships, with the site's `own` maps added; an own map replaces the shipped one of its name.

    Raises Refused when a shipped file is wrong.
    """
    return Knowledge(model=model, maps=MappingProxyType({**shipped(), **(own or {})}))


def require(devices: Iterable[Device], known: Knowledge) -> None:
    """Raises Refused when a device names a map that is not known, with the names that are."""
    for device in devices:
        for name in device.maps:
            if name != SUNSPEC and name not in known.maps:
                there = ", ".join([SUNSPEC, *sorted(known.maps)])
                raise Refused(f"no map {name!r}", where=f"device {device.id}", remedy=f"one of {there}")
