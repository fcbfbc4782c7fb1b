"""Processes of cells: the one they are forked from, and how a fork becomes one.

Nothing here knows of apps, states or events; `entry` is where a cell's own work begins.
"""
