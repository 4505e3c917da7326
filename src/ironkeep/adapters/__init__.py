"""The outside, one folder a thing; siblings never import each other."""
