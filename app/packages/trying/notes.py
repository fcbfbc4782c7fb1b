"""Notes: what the observer of a dry run saw, in the words of the package's author."""

from __future__ import annotations

from app.packages.trying.sandbox.observer import Note

DEFINE_ONLY = (
    "While it is imported, a module should only define things: do this in an event or in on_load."
)

OWN_FILES = (
    "A package can read files of its own folder and write temporary ones. Do anything else in an"
    " event or in on_load."
)


def explained(note: Note) -> tuple[str, str]:
    """Return what a note means, and what to do."""
    return {
        "process": (f"starts a process ({note.what}), which was refused", DEFINE_ONLY),
        "network": (f"uses the network ({note.what}), which was refused", DEFINE_ONLY),
        "signal": (f"sends {note.what} to itself", DEFINE_ONLY),
        "kill": (f"sends {note.what} to another process, which was refused", DEFINE_ONLY),
        "handler": (
            f"takes a signal of the process ({note.what}), which was refused",
            "Signals belong to the server. For what is to happen later, use a background event.",
        ),
        "python": (
            f"changes {note.what} for everybody",
            "Leave Python's own names and the modules of others as they are.",
        ),
        "exit": (f"ends the process: {note.what}", "A package may not end the server."),
        "atexit": (
            f"has {note.what} run when the server stops (atexit), once more for every version",
            "Clean up where the work was started.",
        ),
        "thread": (
            f"leaves a thread running: {note.what}",
            "A thread outlives the version that started it. Use a background event.",
        ),
    }[note.kind]
