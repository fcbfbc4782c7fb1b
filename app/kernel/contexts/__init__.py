"""What the core's contexts offer client apps: types, errors, and a declaration for each function.

`app.core.documents`, `files` and `accounts` are these, with the core behind them. Where there is no
core, the same functions ask somebody else (`exposing.calling`).
"""

from app.kernel.contexts import accounts, documents, files
from app.kernel.contexts.exposing import DECLARED

__all__ = ["DECLARED", "accounts", "documents", "files"]
