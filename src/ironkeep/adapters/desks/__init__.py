"""How faces reach the engine."""
