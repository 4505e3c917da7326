"""What every test shares: no telemetry from peers, no deadline on drawn examples, and a place to draw from."""

import gc
import os
import random
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal import entropy

ROOT = Path(__file__).resolve().parent.parent

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"  # a peer in the physics tests; it asks on first import
os.environ.setdefault("TZ", "UTC")
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # httpx searches the disk for it at every request

# hypothesis keeps and restores numpy's hidden generator around every example, a quarter of a cheap one. Nothing of ours
# draws from that (a rule of the house), so it is told that it has seen to it already.
entropy.NP_RANDOM = random

# A busy machine is not a bug: examples have no deadline. They are the same each run, so that red means changed;
# `make search` draws new ones, many more of them.
settings.register_profile(
    "ironkeep", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.register_profile("search", settings.get_profile("ironkeep"), derandomize=False, max_examples=1000)
settings.load_profile("ironkeep")
SAID = "_hypothesis_internal_use_settings"  # where hypothesis keeps what `@settings` said; it has no public name
SEARCH_TIMES = 10  # as many examples where a test says how many it draws


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A search draws more of every property; slow tests are dealt out."""
    if config.getoption("--hypothesis-profile") == "search":
        most = settings.get_profile("search").max_examples
        for test in {getattr(item, "function", None) for item in items}:
            if (told := getattr(test, SAID, None)) and told.max_examples != most:
                setattr(test, SAID, settings(told, max_examples=SEARCH_TIMES * told.max_examples))
    deal(items)


def deal(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of the files that hold slow tests, so that none ends with one alone.

    pytest-xdist gives every worker an equal stretch of the list and lets those that are done take from the ends of the
    others. The files of one folder stay together: what they share is made once.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    folders = list(dict.fromkeys(item.path.parent for item in items if item.path in slow))
    quick = iter([item for item in items if item.path not in slow])
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        share = [item for item in items if item.path in slow and folders.index(item.path.parent) % workers == worker]
        dealt += [*share, *islice(quick, max(0, len(items) // workers - len(share)))]
    items[:] = [*dealt, *quick]


def pytest_collection_finish() -> None:
    """What was imported stays until the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end all is looked at again, or libraries complain that something was left."""
    gc.unfreeze()


@pytest.fixture
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator, new for each test."""
    return np.random.default_rng(20261121)
