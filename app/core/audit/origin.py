"""From where somebody acts, for the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ip: ContextVar[str] = ContextVar("graft_origin_ip", default="")


@contextmanager
def coming_from(ip: str) -> Iterator[None]:
    """Run the block as a request or socket event that came from the address `ip`."""
    token = _ip.set(ip)
    try:
        yield
    finally:
        _ip.reset(token)


def origin() -> str:
    """Return the address that the running request came from; "" outside of any."""
    return _ip.get()
