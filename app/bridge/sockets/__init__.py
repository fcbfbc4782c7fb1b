"""Reflex's socket and event queue: what comes in, what runs, what goes out."""
