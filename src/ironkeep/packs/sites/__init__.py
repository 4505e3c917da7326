"""Site files: how a site is declared, and the demo's own."""
