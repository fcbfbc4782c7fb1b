"""Open browser tabs: whose each is, what is kept for it, and how it is reached."""
