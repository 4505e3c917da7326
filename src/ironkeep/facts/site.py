"""Facts of the declaration: what the owner says stands where."""

from ironkeep.facts.envelope import Body


class SiteDeclared(Body, frozen=True):
    """A site file was read and is in force from here on; the file itself lies in the blob store under `digest`
    (SHA-256).
    """

    site: str
    name: str
    digest: str
    assets: int
    devices: int
    simulated: bool
