"""One telemetry room fed second by second, for the tables of this folder."""

from ironkeep.decisions import telemetry
from ironkeep.model.quality import Quality
from tests.decisions.rooms import facts, frame, link, now, picture, site


class Room:
    """One telemetry room fed second by second."""

    def __init__(self, shape, *, where=None, links=True, **policy) -> None:
        self.policy = telemetry.Policy(where or site(), **policy)
        self.memory = telemetry.empty(self.policy)
        self.layout, self.links = shape, links
        self.second = self.size = 0

    def commit(self, *bodies):
        made = facts(self.size, self.second, *bodies)
        self.size += len(made)
        self.memory = telemetry.absorb(self.memory, made)
        return made

    def see(self, analog, integer=None, quality=None, *, seconds=1, polls=None, links=None, particulars=()):
        bodies = []
        for _ in range(seconds):
            self.second += 1
            one = frame(self.layout, self.second, analog, integer, quality, polls)
            seen = links if links is not None else (link("bank", self.second),)
            sight = picture(self.second, one, links=seen, particulars=particulars)
            self.memory, self.judged, drafts = telemetry.decide(self.memory, sight, self.policy, now(self.second))
            bodies += [d.body for d in drafts]
            self.drafts = drafts
            self.commit(*drafts)
        return bodies

    def bits(self, name: str, row: int = 0) -> Quality:
        return Quality(int(self.judged.frames[0].quality_of(name)[row]))


def named(bodies, kind: str):
    """The bodies of one kind of fact."""
    return [b for b in bodies if type(b).__name__ == kind]
