"""A program of the tests run in a mount namespace of its own, in which it may mount a small disk on a folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

REMEDY = (
    "a small disk could not be mounted; run the tests as root, or allow user namespaces:"
    " sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"
)


def said_by(module: str, folder: Path) -> dict[str, str]:
    """What the program said, line by line, by the word before the colon."""
    space = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    command = [*space, sys.executable, "-m", module, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or ("mount" in done.stderr.lower() and not done.stdout):
        pytest.fail(f"{REMEDY}\n{done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())
