"""What it looks like: folds of facts and of the live picture into what people read. No clock, no input, no output."""
