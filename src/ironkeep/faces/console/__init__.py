"""The console: server-rendered pages, one live stream a page, complete without scripts."""
