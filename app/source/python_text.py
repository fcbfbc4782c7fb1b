"""Python files as they are read without running them: their text, and its syntax tree.

What anybody wrote is read here, in the server: whatever is wrong with it is one of two errors.
"""

from __future__ import annotations

import ast
import importlib.util


class NotPython(Exception):
    """A file is not Python that can be read; the text says why.

    Attributes:
        line: where, if that can be told.
        remedy: what to do.
    """

    def __init__(self, why: str, remedy: str, line: int | None = None) -> None:
        super().__init__(why)
        self.remedy = remedy
        self.line = line


def decode(content: bytes) -> str:
    """Return the text of a file.

    Raises:
        NotPython: it is in no encoding, in another one than it says, or has null bytes.
    """
    remedy = "Save the file as Python source in UTF-8."
    if (null := content.find(b"\0")) >= 0:
        raise NotPython("The file has a null byte", remedy, _line(content, null))
    try:
        return importlib.util.decode_source(content)
    except UnicodeDecodeError as error:
        line = _line(content, error.start)
        raise NotPython(f"The file is not {error.encoding}", remedy, line) from error
    except (SyntaxError, LookupError) as error:
        # What Python says of the first two lines, where an encoding can be named.
        why = error.msg if isinstance(error, SyntaxError) else "it does not name a text encoding"
        raise NotPython(f"The file cannot be decoded: {why}", remedy) from error


def parse(text: str) -> ast.Module:
    """Return the syntax tree of a text.

    Raises:
        SyntaxError: it is not Python.
        NotPython: it is more than Python can take.
    """
    try:
        return ast.parse(text)
    except (RecursionError, MemoryError) as error:
        raise NotPython(
            "The file is nested too deeply for Python to read",
            "Split what is nested, or move it into a data file.",
        ) from error


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1
