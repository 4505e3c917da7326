"""The syslog process: what happened, to somebody else's collector."""
