"""How each operation is done, once it is known that the requester may; see `Platform.do`."""

from __future__ import annotations

import asyncio
from functools import partial

from app.core import apps, audit
from app.core.apps import App, Visibility
from app.core.context import Core
from app.kernel.errors import NotFound
from app.platform.node import Node
from app.platform.operations.allowing import FolderQuota, Grant, Grants, Revoke, Sharing
from app.platform.operations.lifecycle import (
    ClearErrors,
    Delete,
    Disable,
    Enable,
    LoadAtBoot,
    Undelete,
)
from app.platform.operations.operation import Operation, Seen
from app.platform.operations.serving import EndPreview, Promote, Rollback


async def run(wanted: Operation, core: Core, node: Node, app: App) -> App:
    """Do it with an app, in the name of whoever acts, and return the app as it is then.

    Open pages hear of it from the node's catalog.
    """
    seen = wanted.base_revision if isinstance(wanted, Seen) else None
    match wanted:
        case Promote(number=number, note=note):
            promoting = apps.promote(core, app.id, number, base_revision=seen, note=note)
            _, promoted = await asyncio.gather(node.expect(app.id, number), promoting)
            return promoted
        case Rollback(to=to, note=note):
            return await apps.rollback(core, app.id, to, base_revision=seen, note=note)
        case Enable():
            return await apps.enable(core, app.id, base_revision=seen)
        case Disable():
            return await apps.disable(core, app.id, base_revision=seen)
        case Delete():
            return await apps.delete(core, app.id, base_revision=seen)
        case Undelete():
            return await apps.undelete(core, app.id, base_revision=seen)
        case Grants(capabilities=names):
            return await apps.set_grants(core, app.id, names, base_revision=seen)
        case Grant(capabilities=names):
            return await apps.grant(core, app.id, names, base_revision=seen)
        case Revoke(capabilities=names):
            return await apps.revoke(core, app.id, names, base_revision=seen)
        case Sharing(organisations=chosen):
            visible_to = Visibility.of(chosen)
            return await apps.set_visibility(core, app.id, visible_to, base_revision=seen)
        case LoadAtBoot(load_at_boot=load):
            return await apps.set_load_at_boot(core, app.id, load, base_revision=seen)
        case FolderQuota(megabytes=megabytes):
            return await apps.set_folder_quota(core, app.id, megabytes, base_revision=seen)
        case EndPreview(preview_id=preview_id):
            if preview_id not in {preview.id for preview in await apps.previews(core, app.id)}:
                raise NotFound(f"{app.id} has no such preview")
            return await apps.end_preview(core, preview_id)
        case ClearErrors(audited=(action,)):
            await node.clear_errors(app.id)
            # The core, which writes all else into the audit log, has no part in it.
            entry = partial(audit.append, stamp=audit.stamp(core), action=action, target=app.id)
            await core.database.write(entry)
            return app
    raise NotImplementedError(wanted.name)
