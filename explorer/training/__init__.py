"""Training: generators of Progress, which the caller may stop at any point."""
