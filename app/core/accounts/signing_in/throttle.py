"""How often somebody may try a password: per account and per address, also across restarts.

An attempt is counted before the password is looked at, in one transaction, so that many attempts
at once are not more than many in turn; a right password gives it back.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete

from app.core.accounts.sign_in_tables import AttemptsRow
from app.kernel.errors import CoreError

# After so long without a failure, the count begins anew.
FORGOTTEN_AFTER = timedelta(hours=1)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


class TooManyAttempts(CoreError):
    """Too many wrong passwords. `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts: try again in {waiting_time(seconds)}")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Key:
    """What attempts are counted for. `allowed` failures are free, the next ones cost waiting."""

    name: str
    allowed: int


def key_of_account(email: str) -> Key:
    """Return the key of an account, which need not exist; its address is not stored."""
    return Key(f"account:{hashlib.sha256(email.strip().lower().encode()).hexdigest()}", 5)


def key_of_address(address: str) -> Key:
    """Return the key of a network address; of an IPv6 address only the network counts.

    It may be that of a whole office, so more is free.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Key(f"address:{address[:60]}", 30)
    if isinstance(parsed, ipaddress.IPv6Address):
        network = ipaddress.ip_network((int(parsed) >> 64 << 64, 64))
        return Key(f"address:{network}", 30)
    return Key(f"address:{parsed}", 30)


def wait_after(failures: int, allowed: int) -> timedelta:
    """Return how long to wait after so many failures: doubling, from 30 seconds to 15 minutes."""
    if failures < allowed:
        return timedelta()
    times: int = 2 ** min(failures - allowed, 10)
    return min(FIRST_WAIT * times, LONGEST_WAIT)


def waiting_time(seconds: int) -> str:
    """Return a time as people say it."""
    if seconds <= 90:
        return f"{seconds} second{'s' * (seconds != 1)}"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minutes"


def admit(session: Session, keys: tuple[Key, ...], at: datetime) -> None:
    """Count one attempt for every key.

    Raises:
        TooManyAttempts: one of them must wait; nothing is counted.
    """
    rows = [_row(session, key, at) for key in keys]
    blocked = [row.blocked_until for row in rows if row.blocked_until and row.blocked_until > at]
    if blocked:
        raise TooManyAttempts(math.ceil((max(blocked) - at).total_seconds()))
    for key, row in zip(keys, rows, strict=True):
        row.failures += 1
        row.last_at = at
        wait = wait_after(row.failures, key.allowed)
        row.blocked_until = at + wait if wait else None
        session.add(row)


def forget_failures(session: Session, account: Key, address: Key, at: datetime) -> None:
    """Take back the attempt that was right: all of the account, one of the address.

    Of the address only one, or an attacker with one account could try others for ever.
    """
    forget(session, account)
    row = session.get(AttemptsRow, address.name, with_for_update=True)
    if row is not None:
        row.failures = max(0, row.failures - 1)
        if not wait_after(row.failures, address.allowed):
            row.blocked_until = None
        session.add(row)
    session.exec(delete(AttemptsRow).where(col(AttemptsRow.last_at) < at - FORGOTTEN_AFTER))


def forget(session: Session, key: Key) -> None:
    """Let a key begin anew."""
    session.exec(delete(AttemptsRow).where(col(AttemptsRow.key) == key.name))


def _row(session: Session, key: Key, at: datetime) -> AttemptsRow:
    row = session.get(AttemptsRow, key.name, with_for_update=True)
    if row is None:
        row = AttemptsRow(key=key.name, failures=0, last_at=at)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            # Another node wrote it between the two statements.
            row = session.get_one(AttemptsRow, key.name, with_for_update=True)
    if row.last_at < at - FORGOTTEN_AFTER:
        row.failures, row.blocked_until = 0, None
    if row.blocked_until is not None and row.blocked_until > at + LONGEST_WAIT:
        row.blocked_until = None  # nobody waits for so long: the clock was set back
    return row
