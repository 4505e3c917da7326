"""The turn, the desk, the scribe, the shelf, the health: one page each. The engine knows ports, never adapters."""
