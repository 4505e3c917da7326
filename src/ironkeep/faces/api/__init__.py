"""The JSON API: everything that the console shows and asks, under /api/v1, with OpenAPI."""
