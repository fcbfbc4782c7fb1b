"""One running server: the versions it serves, open pages, their events, and what happens there."""
