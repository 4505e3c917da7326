"""Keys: where signing keys live. One folder a kind of place."""
