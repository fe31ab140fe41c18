"""Plotly figures and what the page draws: functions of numbers."""
