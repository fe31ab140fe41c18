"""What `python -m explorer` can do: a file for each command, imported when it is asked for."""
