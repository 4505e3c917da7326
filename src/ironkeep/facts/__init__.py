"""What happened: one module a subject, kinds in the past tense, never changed once written.

Importing this package registers every kind; a kind that is not registered stops the reader.
"""

from ironkeep.facts import (
    access,
    alarm,
    device,
    engine,
    export,
    history,
    incident,
    policy,
    reading,
    register,
    site,
    telemetry,
)
from ironkeep.facts.envelope import Body, Draft, Fact, kinds

__all__ = [
    "Body",
    "Draft",
    "Fact",
    "access",
    "alarm",
    "device",
    "engine",
    "export",
    "history",
    "incident",
    "kinds",
    "policy",
    "reading",
    "register",
    "site",
    "telemetry",
]
