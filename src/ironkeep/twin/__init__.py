"""Equipment that does not exist: a whole site on `physics/`, with scripted faults and lies.

`signals.py` is the contract, `plant.py` the class that keeps it, `serve/` offers it on the wire.
"""
