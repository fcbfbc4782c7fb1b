"""JavaScript, parsed as browsers parse it, and never run."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cached_property

# Its Python side, `quickjs`, starts a thread when it is imported, and dry runs are forked.
import _quickjs

# An import that cannot be had: an engine parses a module whole before it asks for what the module
# imports, and runs it only then.
_BEFORE = 'import "graft:nothing";\nexport default (graft) => {\n'
_WRONG = re.compile(r"SyntaxError: (?P<why>.*)(?:\n +at .*?:(?P<line>\d+):(?P<column>\d+))?")


@dataclass(frozen=True)
class Mistake:
    """Why a browser cannot read a text.

    Attributes:
        why: what it would say.
        line: where in the text, from 0.
        column: where in the line, from 0; both are 0 if it is not known.
    """

    why: str
    line: int
    column: int


class JavaScriptParser:
    """Parses pieces of modules; for any thread.

    Making one takes a third of a millisecond, parsing some 10 ms for each 100 kB. What is parsed
    leaves nothing behind, so one is enough for the process.
    """

    def __init__(self) -> None:
        # The engine lets other threads run while it parses, and can do only one thing at a time.
        self._lock = threading.Lock()

    @cached_property
    def _context(self) -> _quickjs.Context:
        return _quickjs.Context()

    def mistake_in(self, statements: str) -> Mistake | None:
        """Return what is wrong with statements in the body of a function of a module; None if a
        browser can read them.
        """
        module = f"{_BEFORE}{_sendable(statements)}\n}};\n"
        try:
            with self._lock:
                self._context.module(module)
        except _quickjs.JSException as error:
            # Anything else, such as a nesting too deep for this engine, is not for it to refuse.
            if found := _WRONG.match(str(error)):
                line, column = int(found["line"] or 1), int(found["column"] or 1)
                return Mistake(
                    found["why"].strip(), max(0, line - 1 - _BEFORE.count("\n")), column - 1
                )
        return None

    def is_expression(self, code: str) -> bool:
        """Tell whether code is an expression, and not two, or a part of one."""
        return self.mistake_in(f"return (\n{code}\n)") is None


PARSER = JavaScriptParser()
"""The one of the process."""


def _sendable(text: str) -> str:
    """Return text that the engine takes: a NUL and half of a surrogate pair may stand in strings,
    where others may stand for them.
    """
    return text.replace("\0", "\1").encode("utf-8", "replace").decode()
