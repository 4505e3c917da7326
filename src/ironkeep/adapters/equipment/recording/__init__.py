"""Recordings replayed as equipment."""
