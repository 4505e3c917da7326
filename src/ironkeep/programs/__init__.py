"""Where parts are chosen and wired, and the only place that reads a clock, an environment or a command line."""
