"""Who may do what, as data: one row an act, over every request, page and API address."""
