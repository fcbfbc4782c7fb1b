"""The process: its start and end, its logs, its memory."""
