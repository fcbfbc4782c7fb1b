"""Random secrets that somebody shows to prove who they are. Only their digests are stored."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32  # 256 bits: nobody guesses one, so a plain digest is enough


def new_secret() -> str:
    """Return a new secret of 43 characters that may be in a URL."""
    return secrets.token_urlsafe(BYTES)


def digest_of(secret: str) -> str:
    """Return what is stored of a secret, and found again by it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
