"""Blobs: bytes by their digest. One folder a kind of place."""
