"""Syslog to a collector, over TLS."""
