"""Facts of the register: files that people gave us about what stands where, and what they say was checked."""

from ironkeep.facts.envelope import Body


class ImportTaken(Body, frozen=True):
    """A file was taken into the register, whole. What was understood of it lies in the blob store under `digest`
    (SHA-256 of a `model.register.Import`); `file_sha256` is of the file as given.
    """

    taken: str  # import_<ulid>
    form: str
    name: str
    digest: str
    file_sha256: str
    records: int
    talks: int


class ImportWithdrawn(Body, frozen=True):
    """An import was taken back by a person: from here on it counts for nothing. What it said stays in the record."""

    taken: str
    why: str


class CheckRecorded(Body, frozen=True):
    """A person put on the record that an item of the quarter's checklist was done: what was found, on which day, and
    the document that shows it. Ironkeep measured nothing of it.
    """

    item: str  # model.register.DutyItem
    done_on: str  # ISO 8601 date
    document: str  # name or number of the report; where it lies is the owner's affair
    found: str
    by: str
