"""Pure numerics of cells, heat, converters and generators: no clock, no I/O, randomness arrives as a Generator."""
