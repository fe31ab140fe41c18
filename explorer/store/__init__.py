"""The one place that knows folders: where files are, how they are written, what is kept."""
