"""The few ways in which the world may refuse, named by what the caller should do next.

A bug of ours is an assertion, never one of these. Trouble of the equipment is a quality or a fact, never one of these.
Each error says what happened, where, and what would mend it, in words for people.
"""


class Trouble(Exception):  # noqa: N818 - a word of the product, not a bug
    """Base of the four. `what` happened, `where` (file, line, key, point or address), and the `remedy`."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        if not self.remedy:
            return f"{place}{self.what}"
        stop = "" if self.what.endswith((".", "!", "?")) else "."
        return f"{place}{self.what}{stop} Remedy: {self.remedy}"


class Unavailable(Trouble):
    """The outside does not answer now. Wait, back off, try again, best after `again_s`."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", again_s: int = 5) -> None:
        self.again_s = again_s
        super().__init__(what, where=where, remedy=remedy)


class Refused(Trouble):
    """The input or the request is not acceptable. Correct it; trying again unchanged is useless."""


class Untrusted(Trouble):
    """What came does not prove what it claims (signature, digest, identity). Stop and show a person."""


class Conflict(Trouble):
    """Somebody or something was there first (generation, lock, port, lease). Look again, then decide."""
