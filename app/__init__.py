"""Graft: a modular monolith with hot code loading, in Python on Reflex."""
