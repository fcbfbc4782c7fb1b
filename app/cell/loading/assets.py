"""The addresses of an app's files that browsers get: those in `assets/`, and those beside its code
that it names with `rx.asset(…, shared=True)`.
"""

from __future__ import annotations

import hashlib

from app.source.app_source import AppSource

ASSET_ROUTE = "/_graft/assets"
BESIDE_ROUTE = "/_graft/beside"


def asset_base_of(source: AppSource) -> str:
    """Return the URL under which the assets of exactly this version are served."""
    digest = hashlib.sha256()
    for file in source.assets():
        digest.update(f"{file.path}\0{file.sha256}\n".encode())
    return f"{ASSET_ROUTE}/{source.id}/{digest.hexdigest()[:32]}"


def asset_url(source: AppSource, name: str) -> str:
    """Return the address of a file in `assets/`.

    Raises:
        FileNotFoundError: the version has no such file.
    """
    if f"assets/{name}" not in source.by_path:
        raise FileNotFoundError(f"{source.id} has no file assets/{name}")
    return f"{asset_base_of(source)}/{name}"


def address_of(source: AppSource, name: str) -> str | None:
    """Return the address of a file in `assets/`; None if there is no such file."""
    return asset_url(source, name) if f"assets/{name}" in source.by_path else None


def beside_url(source: AppSource, path: str) -> str:
    """Return the address of a file beside the code, by its path below the app's folder.

    Nobody can guess it: whoever has it was told by the app. It is made of what the file contains,
    and of entry.py, so that whoever only thinks to know the content does not find out.

    Raises:
        FileNotFoundError: the version has no such file, or it is code.
    """
    file, entry = source.by_path.get(path), source.by_path.get("entry.py")
    if file is None or entry is None or file.content is not None:
        raise FileNotFoundError(f"{source.id} has no file {path} that browsers could get")
    mark = hashlib.sha256(f"{entry.sha256}\0{path}\0{file.sha256}".encode()).hexdigest()[:32]
    return f"{BESIDE_ROUTE}/{source.id}/{mark}/{path}"
