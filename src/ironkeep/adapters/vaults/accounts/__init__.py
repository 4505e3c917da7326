"""The console's own vault: one SQLite file, mode 0600, with argon2id hashes. It is no part of the spine."""
