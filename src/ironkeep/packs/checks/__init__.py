"""What readings must agree with, what physics allows, and what settings mean: data with sources."""

from ironkeep.packs.checks.read import Knowledge, parse, shipped

__all__ = ["Knowledge", "parse", "shipped"]
