"""Gradio's part: the app, its endpoints, files, jobs and who owns them."""
