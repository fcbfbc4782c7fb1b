"""The file field that Reflex puts into an upload zone, and the provider that upload zones need."""

from __future__ import annotations

from collections.abc import Iterator

from reflex_base.components.component import Component
from reflex_components_core.core.upload import UploadFilesProvider

__all__ = ["UploadFilesProvider", "label_file_field"]


def label_file_field(upload: Component, label: str) -> Component:
    """Give the file field of an `rx.upload.root` a name for screen readers; Reflex takes none.

    Raises:
        LookupError: this version of Reflex has no such field in it.
    """
    field = next((each for each in _within(upload) if _is_file_field(each)), None)
    if field is None:
        raise LookupError("an upload of this version of Reflex has no file field")
    field.custom_attrs["aria-label"] = label
    return upload


def _is_file_field(component: Component) -> bool:
    return str(getattr(component, "type", "")) == '"file"'


def _within(component: Component) -> Iterator[Component]:
    for child in component.children:
        if isinstance(child, Component):
            yield child
            yield from _within(child)
