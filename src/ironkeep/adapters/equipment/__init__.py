"""How equipment is read: one folder a protocol."""
