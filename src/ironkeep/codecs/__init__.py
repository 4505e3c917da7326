"""Bytes to words and back, pure: no disk, no network, no clock."""
