"""What a server clears up and keeps by itself."""
