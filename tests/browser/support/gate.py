"""A gate in the code of an app, where an event waits until the test lets it go on."""

from __future__ import annotations

from pathlib import Path

from tests.browser.support.folders import AppFolder


class Gate:
    """A gate, closed at first. Put it where a test must not depend on who is quicker.

    Args:
        file: path of a file that nobody else makes; it opens the gate.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def put(self, app: AppFolder, instead_of: str, changes: dict[str, str], file: str) -> None:
        """Put the gate into a file of an app, with further changes of it, in one save.

        Args:
            app: the app.
            instead_of: the statement whose place it takes, which is in an `async def`.
            changes: old text -> new text.
            file: the file, which imports asyncio.
        """
        wait = f"while not Path({str(self._file)!r}).exists(): await asyncio.sleep(0.01)"
        text = app.read(file)
        for old, new in {
            instead_of: wait,
            "import asyncio\n": "import asyncio\nfrom pathlib import Path\n",
            **changes,
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        app.write(text, file)

    def open(self) -> None:
        """Let whatever waits, and whatever comes, go on."""
        self._file.touch()
