"""Packages and compiled bundles, kept by the SHA-256 of their content.

    digest = await core.code.put(package)
    package = await core.code.get(digest)        # verified

A folder by default, or S3 (`GRAFT_CODE_STORE`). Client apps have no way to it.
"""

from app.core.blobs import Stored
from app.core.code_store.opening import memory_store, open_code_store, s3_store
from app.core.code_store.port import CodeStore, Damaged

__all__ = ["CodeStore", "Damaged", "Stored", "memory_store", "open_code_store", "s3_store"]
