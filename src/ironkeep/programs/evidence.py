"""Evidence out of the house: the export, the verifier key, and the wiring of `verify` to the segment check."""

from functools import partial
from pathlib import Path

from ironkeep.adapters.keys.files.config import PUBLIC_FILE
from ironkeep.adapters.stores.sqlite import export as tiles
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Tell, Verdict, untold
from ironkeep.facts import note
from ironkeep.model.errors import Refused
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.verify.run import run
from ironkeep.programs.verify_segments import verify_segments


def export(folder: DataFolder, target: Path, tell: Tell = untold) -> str:
    """Write the spine as a C2SP tlog-tiles folder; the checkpoint's text. Raises as
    adapters/stores/sqlite/export.py.
    """
    reader = open_reader(folder.spine)
    try:
        return tiles.export(reader, target, partial(tell, "writing facts"))
    finally:
        reader.close()


def verifier_key(folder: DataFolder) -> str:
    """The verifier key of the log, as the key folder holds it. Raises Refused when there is none."""
    path = folder.keys / PUBLIC_FILE
    try:
        return note.parse_verifier_key(path.read_text(errors="replace")).text()
    except OSError as exc:
        raise Refused("there is no verifier key", where=str(folder.keys), remedy="start the site once") from exc
    except Refused as exc:
        raise Refused(exc.what, where=str(path), remedy="start the site once: it writes the file anew") from exc


def verify(path: Path, *, key: str, checkpoint: Path | None, segments: Path | None, tell: Tell = untold) -> Verdict:
    """Check a copy of a spine, a data folder or an exported tile folder; with `segments` the sealed telemetry there
    too.

    Raises nothing for what is wrong with the evidence: the verdict names it.
    """
    sealed = partial(tell, "checking sealed segments")
    check = None if segments is None else partial(verify_segments, segments, progress=sealed)
    report = run(path, key=key, checkpoint=checkpoint, segments=check, progress=partial(tell, "checking facts"))
    return Verdict(
        good=report.good,
        readable=report.readable,
        facts=report.facts,
        root=report.root,
        problems=report.problems,
        notes=report.notes,
    )
