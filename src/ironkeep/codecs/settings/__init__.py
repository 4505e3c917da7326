"""Setting files as their makers export them, made into entries: a path of names, a value as written, and its place."""
