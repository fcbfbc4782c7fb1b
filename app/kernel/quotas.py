"""Limits that an administrator can set."""

from __future__ import annotations

MOST_FOLDER_MB = 1_000_000
"""The highest quota of the folders of an app."""
