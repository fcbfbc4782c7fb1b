"""The one form of tar that packages are made of: plain files, one header of 512 bytes each.

Every header is a function of name and size alone, so an archive is the same on every machine, and
reading can demand exactly the bytes that writing would have made: whatever else tar can say
(links, devices, owners, modes, sparse files, extended headers) has no place to stand.
"""

from __future__ import annotations

from dataclasses import dataclass

BLOCK = 512
END = bytes(2 * BLOCK)

_MODE = 0o644
_KINDS = {
    b"0": "file",
    b"\0": "file",
    b"1": "hard link",
    b"2": "symbolic link",
    b"3": "character device",
    b"4": "block device",
    b"5": "folder",
    b"6": "named pipe",
    b"7": "contiguous file",
    b"x": "extended header",
    b"g": "global extended header",
    b"D": "GNU folder listing",
    b"K": "GNU long link name",
    b"L": "GNU long name",
    b"M": "GNU continued file",
    b"S": "sparse file",
    b"V": "GNU volume label",
}


class NotTar(ValueError):
    """A block is not the header of an entry; the text says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """One entry: its name, its kind in words, the size of its content in bytes.

    `plain` tells whether the block is exactly what `header(name, size)` makes.
    """

    name: str
    kind: str
    size: int
    plain: bool


def header(name: str, size: int) -> bytes:
    """The block in front of a file of `size` bytes.

    Raises ValueError when the name or size does not fit (see `paths` for the limits).
    """
    folder, _, last = name.rpartition("/")
    # Tar has 100 bytes for the name and 155 for folders; splitting at the last / fits all that
    # `paths` allows, and is the same for every writer.
    prefix, short = folder.encode(), last.encode()
    if len(short) > 100 or len(prefix) > 155 or not 0 <= size < 8**11:
        raise ValueError(f"{name} does not fit a tar header")
    fields = b"".join(
        (
            short.ljust(100, b"\0"),
            _octal(_MODE, 8),
            _octal(0, 8),
            _octal(0, 8),
            _octal(size, 12),
            _octal(0, 12),
            b" " * 8,
            b"0",
            bytes(100),
            b"ustar\x0000",
            bytes(32),
            bytes(32),
            _octal(0, 8),
            _octal(0, 8),
            prefix.ljust(155, b"\0"),
        )
    ).ljust(BLOCK, b"\0")
    checksum = f"{sum(fields):06o}\0 ".encode()
    return fields[:148] + checksum + fields[156:]


def padding(size: int) -> int:
    """Number of zero bytes after a content of `size` bytes."""
    return -size % BLOCK


def read_header(block: bytes) -> Header:
    """What a block of 512 bytes says; raises NotTar when it is no header."""
    stored = block[148:156].strip(b"\0 ")
    expected = sum(block[:148]) + sum(b" " * 8) + sum(block[156:])
    if not _is_octal(stored) or int(stored, 8) != expected:
        raise NotTar("a header is damaged")
    size = block[124:136].strip(b"\0 ")
    if not _is_octal(size):
        raise NotTar("a header has a size that is no number")
    name = _name(block)
    length = int(size, 8)
    kind = _KINDS.get(block[156:157], "entry of unknown kind")
    return Header(name, kind, length, block == _canonical(name, length))


def _name(block: bytes) -> str:
    last = block[:100].partition(b"\0")[0]
    folder = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return b"/".join(filter(None, (folder, last))).decode("utf-8", "backslashreplace")


def _canonical(name: str, size: int) -> bytes:
    try:
        return header(name, size)
    except ValueError:
        return b""


def _octal(value: int, width: int) -> bytes:
    return f"{value:0{width - 1}o}\0".encode()


def _is_octal(text: bytes) -> bool:
    return bool(text) and not text.strip(b"01234567")
