"""Diffusion Sampler Explorer."""
