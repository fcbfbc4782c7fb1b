"""Reflex's upload endpoint, and which events of a state take files, as it sees them."""

from __future__ import annotations

from reflex_base.event import resolve_upload_chunk_handler_param, resolve_upload_handler_param
from reflex_base.registry import RegistrationContext
from reflex_base.utils.exceptions import UploadTypeError, UploadValueError
from reflex_components_core.core._upload import upload as upload_endpoint

__all__ = ["takes_files", "upload_endpoint"]


def takes_files(registration: RegistrationContext, name: str) -> bool:
    """Tell whether an event takes files, whole or in chunks; Reflex fails for others."""
    registered = registration.event_handlers.get(name)
    if registered is None:
        return False
    for resolve in (resolve_upload_chunk_handler_param, resolve_upload_handler_param):
        try:
            resolve(registered.handler)
        except (UploadTypeError, UploadValueError):
            continue
        return True
    return False
