"""Samplers and exact denoisers: torch and numpy; knows no data, files or screens."""
