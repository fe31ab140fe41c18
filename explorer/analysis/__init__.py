"""Trajectories and denoisers in, numbers out: torch and numpy, no plotting."""
