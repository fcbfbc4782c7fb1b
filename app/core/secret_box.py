"""Encrypting secrets before they are stored.

AES-256-GCM; what a secret belongs to is authenticated with it, so that whoever can write to the
database cannot move a secret to where it is shown, or to another app. `cryptography` is imported
at the first use, because most starts need none of it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.kernel.errors import CoreError, Invalid

VARIABLE = "GRAFT_SECRET_KEY"
FILE = "secret.key"
KEY_BYTES = 32

_NONCE_BYTES = 12
_ID_LENGTH = 8
_FORMAT = "v1"
_HEAD_LENGTH = len(f"{_FORMAT}.{'0' * _ID_LENGTH}.")
_CHANGED = "a secret was changed outside of Graft; set it again"


class Unreadable(CoreError):
    """A secret cannot be decrypted: its key is not among those set, or it was tampered with."""


class SecretBox:
    """Encrypts with the first of its keys and decrypts with any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take keys of 32 bytes each, the newest first, at least one."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"keys must have {KEY_BYTES} bytes each")
        self._keys = {_id(key): key for key in keys}
        self._newest = _id(keys[0])

    def __repr__(self) -> str:
        return f"SecretBox({len(self._keys)} keys)"

    def seal(self, text: str, belongs_to: str) -> str:
        """Return `text` encrypted, as text; `open` needs the same `belongs_to`."""
        body = self._encrypt(text.encode(), belongs_to)
        return f"{_FORMAT}.{self._newest}.{base64.urlsafe_b64encode(body).decode()}"

    def open(self, sealed: str, belongs_to: str) -> str:
        """Return what `seal` encrypted.

        Raises:
            Unreadable: no key fits, or it was changed or moved since.
        """
        try:
            body = base64.b64decode(sealed.rpartition(".")[2], altchars="-_", validate=True)
            return self._decrypt(_key_id(sealed), body, belongs_to).decode()
        except ValueError as error:
            raise Unreadable(_CHANGED) from error

    def seal_bytes(self, content: bytes, belongs_to: str) -> bytes:
        """Return `content` encrypted; `open_bytes` needs the same `belongs_to`."""
        return f"{_FORMAT}.{self._newest}.".encode() + self._encrypt(content, belongs_to)

    def open_bytes(self, sealed: bytes, belongs_to: str) -> bytes:
        """Return what `seal_bytes` encrypted.

        Raises:
            Unreadable: no key fits, or it was changed or moved since.
        """
        head, body = sealed[:_HEAD_LENGTH], sealed[_HEAD_LENGTH:]
        return self._decrypt(_key_id(head.decode("latin-1")), body, belongs_to)

    def _encrypt(self, content: bytes, belongs_to: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(self._keys[self._newest])
        return nonce + cipher.encrypt(nonce, content, belongs_to.encode())

    def _decrypt(self, key_id: str, body: bytes, belongs_to: str) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._keys.get(key_id)
        if key is None:
            raise Unreadable(f"a secret needs a key that is not in {VARIABLE}; add the older key")
        try:
            nonce, encrypted = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
            return AESGCM(key).decrypt(nonce, encrypted, belongs_to.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable(_CHANGED) from error

    def is_newest(self, sealed: str) -> bool:
        """Whether it was encrypted with the key that `seal` uses."""
        return _key_id(sealed) == self._newest


def new_key() -> str:
    """Return a new key, as the text that GRAFT_SECRET_KEY takes."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def open_secret_box(data: Path, environ: Mapping[str, str]) -> SecretBox:
    """Return a box with the keys in GRAFT_SECRET_KEY, else in the file `secret.key` in `data`.

    Several keys are separated by commas or blanks, the newest first: to change keys, put the new
    one in front, let secrets be encrypted again (`app_settings.encrypt_again`), take the old one
    away. The file is made, for the owner only, if neither is there.

    Raises:
        Invalid: what is set is no key, or others can read the file.
    """
    text = environ.get(VARIABLE, "").strip()
    if text:
        return SecretBox(_parsed(text, VARIABLE))
    path = data / FILE
    if not path.exists():
        _make(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Invalid(f"others can read {path}: chmod 600 it, and then change the key")
    return SecretBox(_parsed(path.read_text("ascii", "replace"), str(path)))


def _make(path: Path) -> None:
    """Write a new key so that the file is there whole or not at all, and never replaced."""
    temporary = path.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w") as file:
            file.write(f"{new_key()}\n")
            file.flush()
            os.fsync(descriptor)
        # Unlike renaming, linking fails if another process was first: its key is the key.
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()


def _parsed(text: str, place: str) -> list[bytes]:
    keys = []
    for part in text.replace(",", " ").split() or [""]:
        try:
            # Either alphabet of base64, because tools differ in it.
            key = base64.b64decode(part.replace("-", "+").replace("_", "/"), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            # The text itself is not shown: it may be half a secret.
            raise Invalid(
                f"{place} must hold keys of {KEY_BYTES} bytes in base64; make one with:"
                " openssl rand -base64 32"
            )
        keys.append(key)
    return keys


def _id(key: bytes) -> str:
    return hashlib.sha256(b"graft-key-id\0" + key).hexdigest()[:_ID_LENGTH]


def _key_id(sealed: str) -> str:
    form, _, rest = sealed.partition(".")
    return rest.partition(".")[0] if form == _FORMAT else ""
