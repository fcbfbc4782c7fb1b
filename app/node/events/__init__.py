"""Events of browsers: which are let in, in whose name they run, and by which version."""
