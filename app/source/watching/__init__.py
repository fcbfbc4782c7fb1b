"""What changes on disk, told as one change for everything that was saved together."""
