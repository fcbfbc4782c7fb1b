"""What changes installed apps, one module for each kind of change, each in one transaction."""
