"""The house rules as functions: each takes source and returns its breaches as sentences. tests/house runs them."""
