"""Cells as the server sees them: their processes, what it asks of them, and what they tell."""
