"""What follows from a cell chemistry: limits, risks, words for the response card. Data alone; controls are one list."""
