"""Stores: where facts, blobs and history are kept. One folder a kind of store."""
