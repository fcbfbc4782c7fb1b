"""What the page of installed apps shows, and what administrators do there."""
