"""Small sites, statements and imports for the tables of the inventory room."""

from ironkeep.decisions import inventory
from ironkeep.decisions.inventory.memory import Memory
from ironkeep.facts import device, register
from ironkeep.facts.envelope import Body, Draft
from ironkeep.model.ids import AssetId, DeviceId, SiteId
from ironkeep.model.register import Form, Import, Record, Talk
from ironkeep.model.site import Asset, AssetKind, Device, Paper, Site
from tests.decisions.rooms import facts

DAY_US = 86_400_000_000


def asset(
    name: str, kind: AssetKind = AssetKind.BANK, *, feeds: tuple[str, ...] = (), parent: str = "", **paper
) -> Asset:
    above = AssetId(parent) if parent else None
    place = paper.pop("location", "")
    return Asset(
        AssetId(name), kind, location=place, feeds=tuple(AssetId(f) for f in feeds), parent=above, paper=Paper(**paper)
    )


def site(*assets: Asset, devices: dict[str, str] | None = None) -> Site:
    made = tuple(
        Device(DeviceId(f"{name}-dev"), AssetId(name), "modbus", host.partition(":")[0], int(host.partition(":")[2]))
        for name, host in (devices or {}).items()
    )
    return Site(SiteId("s"), "S", assets, made)


def imported(form: Form, *fields: dict[str, str], name: str = "list.csv", talks: tuple[Talk, ...] = ()) -> Import:
    records = tuple(Record(f"{name}:{number}", each) for number, each in enumerate(fields, 2))
    return Import(form, name, f"{abs(hash((name, str(fields), talks))):064d}"[:64], records, talks)


def talk(asker: str, answerer: str, protocol: str = "modbus", port: int = 502, **more: int) -> Talk:
    counts = {"packets": 4, "reads": 2, "writes": 0, "others": 0, "first_us": DAY_US, "last_us": 2 * DAY_US} | more
    return Talk(asker, answerer, protocol, port, **counts)


def reached(name: str, address: str = "10.0.0.5:502 unit 1") -> Body:
    return device.DeviceReached(f"{name}-dev", name, address, 0)


def lost(name: str) -> Body:
    return device.DeviceLost(f"{name}-dev", name, "10.0.0.5:502", "silent")


def described(name: str, firmware: str = "", serial: str = "") -> Body:
    return device.DeviceDescribed(f"{name}-dev", name, "Maker", "M1", "", firmware, serial, ())


class World:
    """A memory of the room with the imports at its hand."""

    def __init__(self, declared: Site, **policy) -> None:
        self.policy = inventory.Policy(site=declared, **policy)
        self.memory: Memory = inventory.empty(self.policy)
        self.shelf: dict[str, Import] = {}
        self.seq = 0

    def say(self, *bodies: Body | Draft) -> None:
        made = facts(self.seq, self.seq, *bodies)
        self.seq += len(made)
        self.memory = inventory.absorb(self.memory, made)

    def take(self, *imports: Import) -> None:
        for each in imports:
            digest = f"{len(self.shelf):064d}"
            self.shelf[digest] = each
            self.say(
                register.ImportTaken(
                    f"import_{self.seq:026d}", each.form, each.name, digest, each.sha256, len(each.records),
                    len(each.talks),
                )
            )  # fmt: skip
