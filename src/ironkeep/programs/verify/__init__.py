"""Checking evidence with the product switched off. It shares no code with the writer beyond the pure tree maths."""
