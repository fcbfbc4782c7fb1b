"""How the page of installed apps looks; each part shows states, and sends them events."""
