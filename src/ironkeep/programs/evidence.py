"""Evidence out of the house: the export, the verifier key, and the wiring of `verify` to the segment check."""

from pathlib import Path

from ironkeep.adapters.keys.files.config import PUBLIC_FILE
from ironkeep.adapters.stores.sqlite import export as tiles
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.model.errors import Refused
from ironkeep.programs.folder import DataFolder


def export(folder: DataFolder, target: Path) -> str:
    """Write the spine as a C2SP tlog-tiles folder; the checkpoint's text. Raises as adapters/stores/sqlite/export.py."""
    reader = open_reader(folder.spine)
    try:
        return tiles.export(reader, target)
    finally:
        reader.close()


def verifier_key(folder: DataFolder) -> str:
    """The verifier key of the log, as the key folder holds it. Raises Refused when there is none."""
    try:
        return (folder.keys / PUBLIC_FILE).read_text().strip()
    except OSError as exc:
        raise Refused("there is no verifier key", where=str(folder.keys), remedy="start the site once") from exc
