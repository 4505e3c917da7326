"""What every test shares: no telemetry from peers, no deadline on drawn examples, and a place to draw from."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"  # a peer in the physics tests; it asks on first import
os.environ.setdefault("TZ", "UTC")

# A busy machine is not a bug: examples have no deadline. In CI they are the same each run, so that red means changed.
settings.register_profile("ironkeep", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("ironkeep"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "ironkeep")


@pytest.fixture
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator, new for each test."""
    return np.random.default_rng(20261121)
