"""Reflex's components and its page compiler: what becomes of the pages of an app."""
