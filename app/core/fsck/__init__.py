"""Checking what is stored: every version has its package, and rows fit one another."""
