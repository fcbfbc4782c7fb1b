"""Which apps there are, which version of each is served, and the way to the next one."""
