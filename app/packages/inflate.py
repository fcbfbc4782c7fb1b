"""Inflating an archive that anybody may have made, without ever holding or trusting all of it."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from app.packages.limits import MB, PackageLimits

_CHUNK = 64 * 1024
_MAGIC = b"\x1f\x8b\x08"
GZIP_HEADER = _MAGIC + b"\x00\x00\x00\x00\x00\x02\xff"
"""What a package begins with: gzip, no name, no time, best compression, no operating system."""


class Refused(Exception):
    """Reading cannot go on: message and remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        """Take both texts."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Truncated(Refused):
    """The archive is incomplete."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("The archive is incomplete", "Upload the whole file again.")


class Inflated:
    """A gzip file, read unpacked. Every method raises Refused at a limit or at damage."""

    def __init__(self, stream: BinaryIO, limits: PackageLimits) -> None:
        """Take a stream that stands at the beginning of a gzip file."""
        self._stream = stream
        self._limits = limits
        self._inflate = zlib.decompressobj(wbits=31)
        self._packed = 0
        self._unpacked = 0
        self._ready = b""
        self._input = self._first()

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        parts: list[bytes] = []
        wanted = size
        while wanted and (self._ready or self._more(wanted)):
            part, self._ready = self._ready[:wanted], self._ready[wanted:]
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes."""
        data = self.read(size)
        if len(data) < size:
            raise Truncated
        return data

    def finish(self) -> None:
        """Make sure that nothing follows, neither unpacked nor packed."""
        if self.read(1):
            raise Refused(
                "The archive has data after its last file", "Send it as it was made by `package`."
            )
        if self._inflate.unused_data or self._stream.read(1):
            raise Refused(
                "The file has data after the end of the archive",
                "Send it as it was made by `package`.",
            )

    def _first(self) -> bytes:
        data = self._take()
        if not data:
            raise Refused("The file is empty", "Send a package: <client>-<app>-<version>.tar.gz.")
        while data and len(data) < len(GZIP_HEADER) and (more := self._take()):
            data += more
        if not data.startswith(_MAGIC):
            raise Refused(
                "The file is not a gzip archive",
                "Send a package as `python -m app package` makes it: .tar.gz.",
            )
        if len(data) < len(GZIP_HEADER):
            raise Truncated
        if not data.startswith(GZIP_HEADER):
            raise Refused(
                "The archive was not made by `package`: its gzip header has a name, a time or more",
                "Build it again with: python -m app package <client>/<app>",
            )
        return data

    def _take(self) -> bytes:
        data = self._stream.read(_CHUNK)
        self._packed += len(data)
        if self._packed > self._limits.compressed_bytes:
            limit = self._limits.compressed_bytes / MB
            raise Refused(
                f"The archive is larger than {limit:g} MB",
                "Large data belongs in app.core.files, not into the app.",
            )
        return data

    def _more(self, wanted: int) -> bool:
        """Inflate some more; False at the end."""
        while not self._ready and not self._inflate.eof:
            data = self._input or self._take()
            if not data:
                raise Truncated
            try:
                self._ready = self._inflate.decompress(data, min(max(wanted, 512), _CHUNK))
            except zlib.error as error:
                raise Refused("The archive is damaged", "Send it again.") from error
            self._input = self._inflate.unconsumed_tail
            self._unpacked += len(self._ready)
            self._check_size()
        return bool(self._ready)

    def _check_size(self) -> None:
        limits = self._limits
        if self._unpacked > limits.unpacked_bytes:
            raise Refused(
                f"The archive holds more than {limits.unpacked_bytes / MB:.0f} MB",
                "Remove what the app does not need.",
            )
        used = max(1, self._packed - len(self._input))
        if self._unpacked > limits.ratio_from_bytes and self._unpacked > limits.ratio * used:
            raise Refused(
                f"The archive unpacks to more than {limits.ratio} times its size",
                "Remove generated files; data belongs in app.core.files.",
            )
