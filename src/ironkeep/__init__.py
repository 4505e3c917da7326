"""Ironkeep watches battery sites and proves what happened there.

The floors, from top to bottom: programs, faces, engine and adapters, views and twin, decisions, ports and packs,
physics, codecs and facts, model. A floor imports only what lies below it; ``docs/explanation/house.md`` walks through
them.
"""

__version__ = "0.8.0"
