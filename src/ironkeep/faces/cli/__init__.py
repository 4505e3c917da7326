"""The command line: it asks and shows, in words and as JSON, and decides nothing."""
