"""The stage over a Unix socket: client for faces, server for the twin process."""
