"""Equipment: how each family is read. Register maps, scale factors and vendor quirks end here."""
