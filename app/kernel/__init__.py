"""What everything shares: who acts, what they are granted, what can be refused, work beside.

Needs nothing but the standard library and structlog. Whatever runs code of client apps takes these
from here and not from the core, so that it can run where there is no core.
"""
