"""FactStore and SnapshotStore on SQLite: the spine in one file, with its tree and its signed checkpoints."""
