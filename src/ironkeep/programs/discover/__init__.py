"""The first contact with one device that a person names."""
