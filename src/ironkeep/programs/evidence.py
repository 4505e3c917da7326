"""Evidence out of the house: the export, the verifier key, and the wiring of `verify` to the segment check."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ironkeep.adapters.keys.files.config import PUBLIC_FILE
from ironkeep.adapters.stores.sqlite import export as tiles
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Say, Verdict
from ironkeep.model.errors import Refused
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.verify.run import run
from ironkeep.programs.verify_segments import verify_segments

TOLD_EVERY = 1_000_000  # facts between two lines of progress


def export(folder: DataFolder, target: Path) -> str:
    """Write the spine as a C2SP tlog-tiles folder; the checkpoint's text. Raises as
    adapters/stores/sqlite/export.py.
    """
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


def verify(path: Path, *, key: str, checkpoint: Path | None, segments: Path | None, say: Say) -> Verdict:
    """Check a copy of a spine, a data folder or an exported tile folder; with `segments` the sealed telemetry there
    too.

    Raises nothing for what is wrong with the evidence: the verdict names it.
    """
    check = None if segments is None else partial(verify_segments, segments)
    report = run(path, key=key, checkpoint=checkpoint, segments=check, progress=_told(say))
    return Verdict(
        good=report.good,
        readable=report.readable,
        facts=report.facts,
        root=report.root,
        problems=report.problems,
        notes=report.notes,
    )


def _told(say: Say) -> Callable[[int, int], None]:
    """Progress in words, once for every TOLD_EVERY facts."""
    told = 0

    def progress(done: int, size: int) -> None:
        nonlocal told
        if done // TOLD_EVERY > told:
            told = done // TOLD_EVERY
            say(f"{done} of {size} facts checked")

    return progress
