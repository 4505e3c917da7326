"""Network UPS Tools: reads what an upsd says of its UPSes, and nothing else."""
