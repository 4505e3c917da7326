"""Vaults: where accounts and sessions of the console are kept."""
