"""Runs versions of apps: imports, compiles, carries values from one to the next. Needs no core."""
