"""Reflex's states: which there are, those of a tab, and what they were."""
