"""Graft: a modular monolith with hot code loading, in Python on Reflex."""

__version__ = "0.1.0"
"""Version of Graft; packages name the range of versions that they were made for."""
