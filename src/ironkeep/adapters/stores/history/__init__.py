"""History on disk: a log of whole frames, sealed into Parquet, with one-minute rollups; written by one, read by
many.
"""
