"""Whoever imports the facts knows every kind, however few other modules it needs."""

import subprocess
import sys
from pathlib import Path

import ironkeep.facts

FOLDER = Path(ironkeep.facts.__file__).parent
ALONE = "import ironkeep.facts as f; print(*sorted({kind.__module__ for kind in f.kinds().values()}))"


def test_importing_the_package_alone_registers_the_kinds_of_every_module() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60, check=True)
    declaring = {f"ironkeep.facts.{path.stem}" for path in FOLDER.glob("*.py") if "(Body" in path.read_text()}
    assert set(done.stdout.split()) == declaring - {"ironkeep.facts.envelope"}
