"""Pages: one module a page. Each says its name, level, regions, and what its regions are drawn from."""
