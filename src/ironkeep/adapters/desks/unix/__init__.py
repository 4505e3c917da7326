"""The desk over a Unix socket of mode 0600: only the same user on the same machine gets in."""
