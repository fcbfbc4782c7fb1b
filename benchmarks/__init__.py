"""`make bench`: what Graft costs and how fast it is, beside others that can do the same on this machine."""
