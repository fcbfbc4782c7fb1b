"""Passwords: which ones are accepted, and how they are hashed."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import Invalid, Unavailable

T = TypeVar("T")

MIN_LENGTH = 12
MAX_LENGTH = 256
DISTINCT = 5  # characters

# Each takes 64 MiB and about 0.1 s of one core: more at once would starve the pages.
CONCURRENT = 2
MAX_WAITING = 40

# What is left of the most common passwords without digits and punctuation: length alone does not
# keep anybody from "Password1234!".
_COMMON_WORDS = """
    abc abcd abcdef abcdefg abcdefgh abcdefghi abcdefghij abcdefghijkl admin administrator
    adminadmin asdfasdfasdf asdfghjkl baseball basketball changeme changemenow chocolate computer
    correcthorsebatterystaple default football graft grafted guest hello helloworld iloveyou
    letmein login master michael mypassword operator password passwordpassword passwort pass
    princess qazwsx qazwsxedc qwer qwert qwerty qwertyuiop qwertyuiopasdf qwertyuiopasdfghjkl
    qwertzuiop root rootroot secret starwars summer sunshine superman test testtest testtesttest
    thisisapassword trustno user welcome welcometo winter zxcvbnm
"""
_ROWS = ("01234567890123456789", "98765432109876543210")
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def checked_password(password: str, name: str, email: str) -> str:
    """Return `password` as it is to be hashed, for the user with this name and address.

    Raises:
        Invalid: it is short, very long, one of the most common ones, or their name or address.
    """
    normal = normalised(password)
    if len(normal) < MIN_LENGTH:
        raise Invalid(f"the password must have at least {MIN_LENGTH} characters")
    if len(normal) > MAX_LENGTH:
        raise Invalid(f"the password must have at most {MAX_LENGTH} characters")
    if len(set(normal.casefold())) < DISTINCT:
        raise Invalid(f"the password must have at least {DISTINCT} different characters")
    letters = _letters(normal)
    if letters in _COMMON_WORDS.split() or any(normal in row for row in _ROWS):
        raise Invalid("this is one of the most common passwords: choose another one")
    own = {_letters(name), _letters(email), _letters(email.partition("@")[0])}
    if letters and letters in own:
        raise Invalid("the password must not be your name or e-mail address")
    return normal


def normalised(password: str) -> str:
    """Return `password` so that every keyboard gives the same bytes for it."""
    return unicodedata.normalize("NFKC", password)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right, and its new hash if parameters changed since it was stored."""

    right: bool
    rehashed: str | None = None


class Passwords:
    """Hashes and verifies with argon2id, in worker threads, a few at a time.

    One per process.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Use `hasher`, by default one of 64 MiB, three passes and one lane."""
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
        self._limiter = anyio.CapacityLimiter(CONCURRENT)
        self._asked = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of a checked password, with a salt of its own.

        Raises:
            Unavailable: too many are waiting.
        """
        return await self._in_turn(partial(self._hasher.hash, normalised(password)))

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Tell whether `password` has the hash `stored`.

        None stands for an account that does not exist: it takes as long, and is never right.

        Raises:
            Unavailable: too many are waiting.
        """
        # What is longer is wrong anyway, and may be very long.
        return await self._in_turn(
            partial(self._verify, normalised(password[: 4 * MAX_LENGTH]), stored)
        )

    def _verify(self, password: str, stored: str | None) -> Verdict:
        # Made for whoever comes first, so that its making tells nothing of the account.
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))
        try:
            self._hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        if stored is None:
            return Verdict(right=False)
        if self._hasher.check_needs_rehash(stored):
            return Verdict(right=True, rehashed=self._hasher.hash(password))
        return Verdict(right=True)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._asked >= CONCURRENT + MAX_WAITING:
            raise Unavailable("too many people sign in at the moment: try again in a few seconds")
        self._asked += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._asked -= 1
