"""All operations on an installed app, each with what everybody who offers it has to know."""

from __future__ import annotations

from collections.abc import Mapping

from app.platform.operations.allowing import FolderQuota, Grant, Grants, Revoke, Sharing
from app.platform.operations.lifecycle import (
    ClearErrors,
    Delete,
    Disable,
    Enable,
    LoadAtBoot,
    Undelete,
)
from app.platform.operations.operation import Operation
from app.platform.operations.serving import EndPreview, Promote, Rollback

OPERATIONS: Mapping[str, type[Operation]] = {
    operation.name: operation
    for operation in (
        *(Promote, Rollback, Enable, Disable, Delete, Undelete),
        *(Grants, Grant, Revoke, Sharing, LoadAtBoot, FolderQuota, EndPreview, ClearErrors),
    )
}
