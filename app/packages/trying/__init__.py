"""Trying a package in a confined process: what runs there, who watches it, what it means."""
