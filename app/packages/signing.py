"""Signing: who made a package. Ed25519 over the bytes of the manifest, which holds all digests.

A public key is one line, `ed25519:<base64> [label]`; a signature is one line too,
`ed25519 <key id> <base64>`. The key id is the beginning of the public key's SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

SIGNATURE_FILE = "manifest.sig"
SIGNATURE_LIMIT = 1024
TRUSTED_KEYS_VARIABLE = "GRAFT_TRUSTED_KEYS"

# What is signed says what it is, so that a signature made for another purpose is none for this.
_PURPOSE = b"graft-package-1\0"
_SCHEME = "ed25519:"
_SIGNATURE = re.compile(rb"ed25519 ([0-9a-f]{32}) ([A-Za-z0-9+/]{86}==)\n")


class InvalidKey(ValueError):
    """A key cannot be used; the text says which and why, and never shows a private key."""


class Verdict(Enum):
    """What a signature says."""

    TRUSTED = "trusted"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown key"
    BAD_SIGNATURE = "bad signature"


@dataclass(frozen=True, slots=True)
class Signature:
    """A verdict; `key_id` and `label` of the key that was used, "" when there is none."""

    verdict: Verdict
    key_id: str = ""
    label: str = ""

    def __str__(self) -> str:
        name = f"{self.label} ({self.key_id})" if self.label else self.key_id
        match self.verdict:
            case Verdict.TRUSTED:
                return f"signed by {name}"
            case Verdict.UNSIGNED:
                return "not signed"
            case Verdict.UNKNOWN_KEY:
                return f"signed with the key {name}, which this server does not trust"
            case Verdict.BAD_SIGNATURE:
                return "the signature does not match the package"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, 32 bytes, and what people call it."""

    raw: bytes
    label: str = ""

    @property
    def id(self) -> str:
        """32 hexadecimal digits that stand for the key."""
        return hashlib.sha256(self.raw).hexdigest()[:32]

    @property
    def line(self) -> str:
        """The key as one line, as it is set in GRAFT_TRUSTED_KEYS."""
        return f"{_SCHEME}{base64.b64encode(self.raw).decode()} {self.label}".rstrip()

    @classmethod
    def from_line(cls, line: str) -> PublicKey:
        """Read a line `ed25519:<base64> [label]`; raises InvalidKey."""
        key, _, label = line.strip().partition(" ")
        try:
            raw = base64.b64decode(key.removeprefix(_SCHEME), validate=True)
        except binascii.Error as error:
            raise InvalidKey(f'"{line[:80]}" is not a public key: {error}') from error
        if not key.startswith(_SCHEME) or len(raw) != 32:
            raise InvalidKey(
                f'"{line[:80]}" is not a public key. One looks like ed25519:<44 characters>, as'
                " `python -m app keygen` prints it."
            )
        return cls(raw, label.strip())

    def verifies(self, signature: bytes, manifest: bytes) -> bool:
        """Whether `signature` (64 bytes) was made with this key over the manifest's bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, _PURPOSE + manifest)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A private key."""

    def __init__(self, key: Ed25519PrivateKey, label: str = "") -> None:
        """Take the key and what people call it."""
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes_raw(), label)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.id})"

    @classmethod
    def generate(cls, label: str = "") -> SigningKey:
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate(), label)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """Read a key file as `write` makes it; raises InvalidKey."""
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise InvalidKey(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise InvalidKey(f"{path} is not a private key without a passphrase") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidKey(f"{path} is a key of another kind; make one with `keygen`")
        return cls(key)

    def write(self, path: Path) -> None:
        """Write a key file that only its owner may read; raises FileExistsError if it exists."""
        content = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)

    def sign(self, manifest: bytes) -> bytes:
        """Content of manifest.sig for a manifest; the same for the same bytes."""
        signature = base64.b64encode(self._key.sign(_PURPOSE + manifest)).decode()
        return f"ed25519 {self.public.id} {signature}\n".encode()


class TrustedKeys:
    """The public keys whose packages a server takes."""

    def __init__(self, keys: Iterable[PublicKey] = ()) -> None:
        """Take the keys."""
        self._keys = {key.id: key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The keys, in the order in which they were given."""
        return tuple(self._keys.values())

    @classmethod
    def from_environment(cls, value: str | None) -> TrustedKeys:
        """Keys from the value of GRAFT_TRUSTED_KEYS: lines of keys, parted by commas or line
        breaks, or paths of files with such lines (`#` begins a comment).

        Raises InvalidKey: a server that silently trusts fewer keys than its operator believes
        refuses the wrong packages, one that trusts others is worse.
        """
        keys: list[PublicKey] = []
        for item in _items(value or ""):
            if item.startswith(_SCHEME):
                keys.append(PublicKey.from_line(item))
            else:
                keys.extend(_keys_in(Path(item)))
        return cls(keys)

    def verify(self, manifest: bytes, signature: bytes | None) -> Signature:
        """Judge the content of manifest.sig (None when there is none) for a manifest."""
        if signature is None:
            return Signature(Verdict.UNSIGNED)
        found = _SIGNATURE.fullmatch(signature)
        if found is None:
            return Signature(Verdict.BAD_SIGNATURE)
        key_id = found[1].decode()
        key = self._keys.get(key_id)
        if key is None:
            return Signature(Verdict.UNKNOWN_KEY, key_id)
        signature = base64.b64decode(found[2])
        # Base64 says the same in several ways; a signature is written in one.
        written = base64.b64encode(signature) == found[2]
        valid = written and key.verifies(signature, manifest)
        return Signature(Verdict.TRUSTED if valid else Verdict.BAD_SIGNATURE, key.id, key.label)


def _items(text: str) -> list[str]:
    lines = (line.partition("#")[0] for line in text.splitlines())
    return [item.strip() for line in lines for item in line.split(",") if item.strip()]


def _keys_in(path: Path) -> Iterable[PublicKey]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidKey(
            f'{TRUSTED_KEYS_VARIABLE} has "{str(path)[:80]}", which is neither a public key nor a'
            " file that can be read"
        ) from error
    return [PublicKey.from_line(item) for item in _items(text)]
