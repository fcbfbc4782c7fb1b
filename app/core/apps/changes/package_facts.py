"""What is read of an upload, checked: nothing of it may break a table, a page or a log."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.apps.changes.transaction import checked_note
from app.core.apps.model import NewVersion
from app.kernel.errors import Invalid
from app.kernel.origins import MOST, NotAnOrigin, is_origin, parse_origin

KINDS = ("dynamic", "static")
MAX_DESCRIPTION = 4_000
MAX_CAPABILITIES = 100

_APP_ID = re.compile(r"(?=.{3,130}\Z)[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_URL = re.compile(r"[a-z0-9-]{1,130}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_CAPABILITY = re.compile(r"[a-z][a-z0-9_:-]{0,59}")


@dataclass(frozen=True, slots=True)
class Upload:
    """The fields of a `NewVersion` and of its manifest. `manifest` and `problems` are JSON, and
    `capabilities` has the origins, too.
    """

    app_id: str
    kind: str
    name: str
    version: str
    url: str
    description: str
    icon: str
    capabilities: tuple[str, ...]
    source: str
    manifest: str
    identity: str
    module_digest: str
    signature: str
    signer: str
    note: str
    failed: bool
    problems: str


def checked_upload(new: NewVersion) -> Upload:
    """Return what is known of a new version.

    Raises:
        Invalid: a field is missing or cannot be accepted; the message names it.
    """
    manifest = new.manifest
    kind = _text(manifest, "kind", 20)
    if kind not in KINDS:
        raise Invalid(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    return Upload(
        app_id=checked_app_id(_text(manifest, "id", 130)),
        kind=kind,
        name=_text(manifest, "name", 200),
        version=_fitting(manifest, "version", _VERSION),
        url=_fitting(manifest, "url", _URL),
        description=_text(manifest, "description", MAX_DESCRIPTION, lines=True),
        icon=_text(manifest, "icon", 200),
        capabilities=(
            *_asked(manifest, "capabilities", MAX_CAPABILITIES),
            *_asked(manifest, "origins", MOST),
        ),
        source=_fitting(manifest, "source", _DIGEST),
        manifest=_json("manifest", dict(manifest)),
        identity=_digest("identity", new.identity),
        module_digest=_digest("module_digest", new.module_digest),
        signature=_line("signature", new.signature, 40),
        signer=_line("signer", new.signer, 200),
        note=checked_note(new.note),
        failed=bool(new.problems),
        problems=_json("problems", [dict(problem) for problem in new.problems]),
    )


def checked_app_id(app_id: str) -> str:
    """Return `app_id`.

    Raises:
        Invalid: it is not <client>/<app>.
    """
    if not _APP_ID.fullmatch(app_id):
        raise Invalid(f"{app_id[:130]!r} is not an app: <client>/<app>")
    return app_id


def checked_capability(capability: object) -> str:
    """Return `capability`, which may be an origin that is granted like one.

    Raises:
        Invalid: it is not a name like "documents:write", nor an origin.
    """
    if isinstance(capability, str) and is_origin(capability):
        try:
            origin = parse_origin(capability)
        except NotAnOrigin as error:
            raise Invalid(f"{error}: {error.remedy}") from error
        if not origin.is_secure:
            raise Invalid(f"{capability!r} is for development mode: what it sends can be changed")
        return capability
    if not isinstance(capability, str) or not _CAPABILITY.fullmatch(capability):
        raise Invalid(f"{str(capability)[:60]!r} is not a capability such as 'documents:write'")
    return capability


def _asked(manifest: Mapping[str, Any], field: str, most: int) -> tuple[str, ...]:
    value = manifest.get(field, ())
    if not isinstance(value, list | tuple) or len(value) > most:
        raise Invalid(f"{field} must be a list of at most {most} names")
    return tuple(sorted({checked_capability(each) for each in value}))


def _text(values: Mapping[str, Any], field: str, longest: int, *, lines: bool = False) -> str:
    value = values.get(field)
    if not isinstance(value, str):
        raise Invalid(f"the manifest must have a text {field!r}")
    if not value and not lines:
        raise Invalid(f"{field} is empty")
    return _line(field, value, longest, allow="\n\t" if lines else "")


def _line(what: str, text: str, longest: int, allow: str = "") -> str:
    if len(text) > longest:
        raise Invalid(f"{what} has {len(text)} characters, at most {longest} are allowed")
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in allow for one in text):
        raise Invalid(f"{what} has line breaks or other control characters")
    return text


def _fitting(values: Mapping[str, Any], field: str, pattern: re.Pattern[str]) -> str:
    value = values.get(field)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Invalid(f"{str(value)[:130]!r} cannot be the {field} of an app")
    return value


def _digest(what: str, value: str) -> str:
    if value and not _DIGEST.fullmatch(value):
        raise Invalid(f"{what} is not a SHA-256: {value[:80]!r}")
    return value


def _json(what: str, value: object) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{what} is not JSON: {error}") from error
