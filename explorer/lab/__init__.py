"""One view: an experiment, its source, its truth and what it costs."""
