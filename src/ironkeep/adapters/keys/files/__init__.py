"""Signer on key files: Ed25519, private, made at the first start."""
