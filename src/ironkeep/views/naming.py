"""What people call an asset: the name that the one-line diagram and the doors carry, not the id of the files.

A part that nobody named is called by the nearest named asset above it and the rest of its id. Where nothing above it
has a name, the id is all there is.
"""

from ironkeep.model.ids import AssetId, parent
from ironkeep.model.site import Site


class Names:
    """The names of one site's assets, looked up without walking the site for each."""

    def __init__(self, site: Site) -> None:
        self._names = {asset.id: asset.name for asset in site.assets if asset.name}

    def __call__(self, asset: str) -> str:
        """What people call the asset: "Battery container", "Battery container, s03.m02"; else its id."""
        above: AssetId | None = AssetId(asset)
        while above is not None:
            if name := self._names.get(above):
                rest = asset[len(above) + 1 :]
                return f"{name}, {rest}" if rest else name
            above = parent(above)
        return asset
