"""The twin's plant read in process, without a wire: for seeded worlds, where time and trouble are arguments."""
