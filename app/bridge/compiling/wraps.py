"""Providers that the built front end has at its root, so that hosted pages need not bring them."""

BUILT_IN_WRAPS = frozenset(
    {
        (100, "StateProvider"),
        (90, "EventLoopProvider"),
        (45, "RadixThemesColorModeProvider"),
        (5, "UploadFilesProvider"),
        (-1, "DataEditorPortal"),
    }
)
"""Priority and name, as Reflex keys them; `app.web` adds those that its own pages do not need."""
