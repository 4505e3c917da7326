"""Which strings and modules a chain of SunSpec battery models speaks of, as assets and children patterns.

Rules. Only what the lengths of models say is proposed; what stands inside a model is counted by its length, whatever a
count register says. Where the chain does not say which module belongs to which string, the modules stand under the
bank, and a remark says so. Source: SunSpec 803, 804, 805: fixed registers, and registers of each string or module.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ironkeep.codecs.chain import Chain
from ironkeep.model.site import AssetKind
from ironkeep.programs.discover import entry

BANK, STRING, CELLS = 803, 804, 805
FIXED: Final = {BANK: 26, STRING: 46}  # registers behind the length register, before what repeats
EACH: Final = {BANK: 32, STRING: 16}  # of a string, of a module
PARTS_MAX: Final = 512  # of one kind; more is no battery but noise


class Family(NamedTuple):
    """Assets below the unit's own, as (ids, kind) where ids may hold a range; patterns by key; what is not known."""

    assets: tuple[tuple[str, AssetKind], ...]
    patterns: dict[str, str]
    remark: str = ""

    def tables(self) -> Iterator[str]:
        """The assets as tables of a site file."""
        for ids, kind in self.assets:
            yield entry.table("asset", {"id": ids, "kind": kind.value})

    def line(self) -> str:
        """The children of the device as a line of a site file, "" where there are none."""
        if not self.patterns:
            return ""
        said = ", ".join(f'{key if key.isdecimal() else entry.quoted(key)} = "{p}"' for key, p in self.patterns.items())
        return f"children = {{ {said} }}\n"


def is_string(chain: Chain) -> bool:
    """Is the unit one string, with no bank above it in the chain?"""
    models = [each.model for each in chain.entries]
    return models.count(STRING) == 1 and not {801, 802, BANK} & set(models)


def family(chain: Chain, asset: str) -> Family:
    """What stands below the asset of a unit."""
    models = [each.model for each in chain.entries]
    inside = {
        number: [_inside(each.model, each.length) for each in chain.entries if each.model == number] for number in EACH
    }
    modules, cells = inside[STRING], min(models.count(CELLS), PARTS_MAX)
    if is_string(chain):
        return _string(asset, modules[0], cells)
    strings = max(sum(inside[BANK]) if len(inside[BANK]) == 1 else 0, len(modules))
    if not strings:
        plain = ((f"{asset}.m{_range(cells)}", AssetKind.MODULE),) if cells else ()
        return Family(plain, {str(CELLS): f"{asset}.m{{n:02}}"} if cells else {})
    return _bank(asset, strings, len(inside[BANK]) == 1, modules, cells)


def _inside(model: int, length: int) -> int:
    return max(0, min((length - FIXED[model]) // EACH[model], PARTS_MAX))


def _string(asset: str, modules: int, cells: int) -> Family:
    """One string: its modules by 804, their cells by 805."""
    count = max(modules, cells)
    if not count:
        return Family((), {})
    pattern = f"{asset}.m{{n:02}}"
    keys = [str(number) for number, there in ((STRING, modules), (CELLS, cells)) if there]
    return Family(((f"{asset}.m{_range(count)}", AssetKind.MODULE),), dict.fromkeys(keys, pattern))


def _bank(asset: str, strings: int, listed: bool, modules: list[int], cells: int) -> Family:
    """A bank: its strings by 803 or by each an 804, their modules by 804, cells by 805 where it is plain whose."""
    assets = [(f"{asset}.s{_range(strings)}", AssetKind.STRING)]
    patterns = {str(BANK): f"{asset}.s{{n:02}}"} if listed else {}
    if modules:
        patterns |= {f"{STRING}#": f"{asset}.s{{n:02}}"}
        if any(modules):
            patterns |= {f"{STRING}.*": f"{asset}.s{{m:02}}.m{{n:02}}"}
        assets += [
            (f"{asset}.s{n:02}.m{_range(count)}", AssetKind.MODULE) for n, count in enumerate(modules, 1) if count
        ]
    if not cells:
        return Family(tuple(assets), patterns)
    if len(modules) == 1 and modules[0] == cells:
        return Family(tuple(assets), patterns | {str(CELLS): f"{asset}.s01.m{{n:02}}"})
    assets.append((f"{asset}.m{_range(cells)}", AssetKind.MODULE))
    remark = f"{cells} models 805 and {strings} strings: the chain does not say which module is of which string"
    return Family(tuple(assets), patterns | {str(CELLS): f"{asset}.m{{n:02}}"}, remark)


def _range(count: int) -> str:
    return f"{{01..{count:02}}}"
