"""Recordings as files: CSV and Parquet."""
