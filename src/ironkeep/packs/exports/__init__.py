"""Which facts go out of the house, and in which words, as data."""
