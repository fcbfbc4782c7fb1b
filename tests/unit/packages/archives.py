"""Archives for the tests: sound ones, and hostile ones that `pack` would never write."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from app.packages import tar
from app.packages.inflate import GZIP_HEADER
from app.source.app_source import AppSource, SourceFile

ENTRY = b"""import reflex as rx

from app.sdk import DynamicApp


def index():
    return rx.text("counter")


class AppEntry(DynamicApp):
    name = "Acme / Counter"
    version = "1.0.0"
    pages = {"/": index}
"""
APP = "acme/counter"
FILES: Mapping[str, bytes] = {"assets/style.css": b"p {}\n", "entry.py": ENTRY}


def gzip(data: bytes, *, header: bytes = GZIP_HEADER, level: int = 9) -> bytes:
    """Compress as `pack` does."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9)
    body = deflate.compress(data) + deflate.flush()
    size = (len(data) % 2**32).to_bytes(4, "little")
    return header + body + zlib.crc32(data).to_bytes(4, "little") + size


def entry(name: str | bytes, content: bytes = b"", **changes: Any) -> bytes:
    """One entry of a tar file; see `block` for the changes."""
    return block(name, len(content), **changes) + content + bytes(tar.padding(len(content)))


def block(
    name: str | bytes, size: int = 0, *, checksum: bytes | None = None, **fields: bytes
) -> bytes:
    """A header with some fields replaced: kind, mode, uid, gid, mtime, link, owner, size_field,
    prefix, magic, device.
    """
    raw = name.encode() if isinstance(name, str) else name
    made = bytearray(tar.header("x", size))
    made[:100] = raw[:100].ljust(100, b"\0")
    places = {
        "mode": (100, 8),
        "uid": (108, 8),
        "gid": (116, 8),
        "size_field": (124, 12),
        "mtime": (136, 12),
        "kind": (156, 1),
        "link": (157, 100),
        "magic": (257, 8),
        "owner": (265, 32),
        "device": (329, 8),
        "prefix": (345, 155),
    }
    if len(raw) > 100 or b"/" in raw.strip(b"/"):
        folder, _, last = raw.rpartition(b"/")
        made[:100] = last[:100].ljust(100, b"\0")
        fields.setdefault("prefix", folder[:155])
    for field, value in fields.items():
        start, width = places[field]
        made[start : start + width] = value.ljust(width, b"\0")[:width]
    made[148:156] = b" " * 8
    made[148:156] = checksum or f"{sum(made):06o}\0 ".encode()
    return bytes(made)


def values(
    files: Mapping[str, bytes] = FILES, app_id: str = APP, /, **changes: Any
) -> dict[str, Any]:
    """The values of a manifest that fits the files, with some changed; `...` leaves one out."""
    listed = [
        {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(files.items())
    ]
    made: dict[str, Any] = {
        "format": 1,
        "id": app_id,
        "kind": "dynamic",
        "name": "Acme / Counter",
        "version": "1.0.0",
        "url": "acme-counter",
        "description": "",
        "icon": "box",
        "capabilities": [],
        "pages": ["/"],
        "graft": ">=0.1,<0.2",
        "distributions": ["reflex"],
        "libraries": [],
        "source": source_of(files, app_id).digest,
        "files": listed,
    }
    made |= changes
    return {key: value for key, value in made.items() if value is not ...}


def manifest(files: Mapping[str, bytes] = FILES, app_id: str = APP, /, **changes: Any) -> bytes:
    """The bytes of a manifest.json."""
    return json.dumps(values(files, app_id, **changes)).encode()


def source_of(files: Mapping[str, bytes], app_id: str = APP) -> AppSource:
    """The source that these files are, held in memory."""
    return AppSource(
        app_id,
        Path("/nowhere") / app_id,
        tuple(
            SourceFile(
                PurePosixPath(path), len(content), hashlib.sha256(content).hexdigest(), content
            )
            for path, content in files.items()
        ),
    )


def archive(*parts: bytes, end: bytes = tar.END) -> bytes:
    """A package of these entries, behind a manifest that fits `FILES`."""
    return gzip(entry("manifest.json", manifest()) + b"".join(parts) + end)


def bodies(files: Mapping[str, bytes] = FILES) -> list[bytes]:
    """The entries of the files, in the order of the manifest."""
    return [entry(f"files/{path}", content) for path, content in sorted(files.items())]


def sound(files: Mapping[str, bytes] = FILES, app_id: str = APP, /, **changes: Any) -> bytes:
    """A package without fault, but for what is changed in its manifest."""
    parts = [entry("manifest.json", manifest(files, app_id, **changes)), *bodies(files), tar.END]
    return gzip(b"".join(parts))
