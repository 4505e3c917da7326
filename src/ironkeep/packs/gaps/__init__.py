"""Why each kind of gap in a register matters, by what really happened, and what closes it most cheaply. Data alone."""
