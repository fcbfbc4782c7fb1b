"""Which code store the settings name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from app.core.code_store.folder import FolderCodeStore
from app.core.code_store.objects import ObjectCodeStore
from app.core.code_store.port import CodeStore
from app.kernel.errors import Invalid

if TYPE_CHECKING:
    from obstore.store import ObjectStore

VARIABLE = "GRAFT_CODE_STORE"

# The usual variables, by what obstore calls them; of several for one thing the first that is set.
_S3_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "access_key_id": ("AWS_ACCESS_KEY_ID",),
    "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "virtual_hosted_style_request": ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST",),
    "role_arn": ("AWS_ROLE_ARN",),
    "role_session_name": ("AWS_ROLE_SESSION_NAME",),
    "web_identity_token_file": ("AWS_WEB_IDENTITY_TOKEN_FILE",),
    "server_side_encryption": ("AWS_SERVER_SIDE_ENCRYPTION",),
    "sse_kms_key_id": ("AWS_SSE_KMS_KEY_ID",),
    "skip_signature": ("AWS_SKIP_SIGNATURE",),
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def open_code_store(data: Path, environ: Mapping[str, str]) -> CodeStore:
    """Return the store that GRAFT_CODE_STORE names; by default the folder `code` in `data`.

    It names a folder, or "s3://bucket/prefix"; see `s3_store`. Nothing is connected or made yet.

    Raises:
        Invalid: it names neither.
    """
    url = environ.get(VARIABLE, "").strip()
    if not url:
        return FolderCodeStore(data / "code")
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return s3_store(url, environ)
    if parts.scheme == "file" and not parts.netloc:
        return FolderCodeStore(Path(unquote(parts.path)))
    if not parts.scheme:
        return FolderCodeStore(Path(url))
    raise Invalid(
        f"{VARIABLE} must be a folder or s3://bucket/prefix, not {parts.scheme}://…: there is"
        " nothing for others"
    )


def s3_store(url: str, environ: Mapping[str, str]) -> CodeStore:
    """Return a store in "s3://bucket/prefix", set up by the usual AWS_* variables of `environ`.

    AWS_ENDPOINT_URL names another service than Amazon's; over plain HTTP if it says so. Buckets
    are part of the path unless AWS_VIRTUAL_HOSTED_STYLE_REQUEST is true.

    Raises:
        Invalid: the URL has no bucket that can be one.
    """
    parts = urlsplit(url)
    if not _BUCKET.fullmatch(parts.netloc):
        raise Invalid(f"{VARIABLE} must be s3://bucket/prefix: {parts.netloc!r} is no bucket")
    config: dict[str, Any] = {}
    for name, variables in _S3_SETTINGS.items():
        value = next((environ[each] for each in variables if environ.get(each)), None)
        if value is not None:
            config[name] = value
    allow_http = str(config.get("endpoint", "")).startswith("http://")

    def connect() -> ObjectStore:
        from obstore.store import S3Store

        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,  # type: ignore[arg-type] # its keys are those of S3Config
            client_options={
                "allow_http": allow_http,
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=60),
            },
            # An admin waits for the answer: what does not work by then is told.
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )

    return ObjectCodeStore(connect, f"s3://{parts.netloc}{parts.path}".rstrip("/"))


def memory_store() -> CodeStore:
    """Return a store that forgets everything with the process, for tests."""

    def connect() -> ObjectStore:
        from obstore.store import MemoryStore

        return MemoryStore()

    return ObjectCodeStore(connect, "memory")
