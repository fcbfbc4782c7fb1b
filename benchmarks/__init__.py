"""`make bench`: what Graft costs and how fast it is, beside others on the same machine."""
