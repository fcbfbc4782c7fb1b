"""What kind of content a file has; knows neither database nor disk."""

from __future__ import annotations

import mimetypes
import re

from app.kernel.errors import Invalid

UNKNOWN_TYPE = "application/octet-stream"

_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)


def checked_content_type(content_type: str | None, name: str) -> str:
    """Return `content_type`, or by default the one that the extension of `name` suggests.

    Raises:
        Invalid: it does not look like one.
    """
    if content_type is None:
        # An instance knows Python's own table only: the same answer on every machine.
        return mimetypes.MimeTypes().guess_type(name)[0] or UNKNOWN_TYPE
    if len(content_type) > 255 or not _CONTENT_TYPE.fullmatch(content_type):
        raise Invalid(f"{content_type[:255]!r} is not a content type such as 'text/csv'")
    return content_type
