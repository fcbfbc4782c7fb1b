"""Processes of cells as the host sees them: started, watched, ended. Knows nothing of apps."""
