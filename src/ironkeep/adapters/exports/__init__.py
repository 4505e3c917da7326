"""Ways out to collectors of others."""
