"""The only place, beside the twin's seed, from which randomness enters: the operating system's, once a process."""

import secrets

import numpy as np


def generator() -> np.random.Generator:
    """A generator that nobody can foresee; for spreading waits, never for keys or ids."""
    return np.random.Generator(np.random.PCG64(secrets.randbits(128)))  # noqa: TID251 - the door itself
