"""TLS of the console: certificate and key, the site's own authority, where to listen, and asking ourselves."""
