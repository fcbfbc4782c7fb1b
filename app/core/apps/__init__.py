"""Installed apps: versions that never change, which one is served to whom, and how it came so.

    added = await apps.add_version(core, NewVersion(manifest, ...), package)
    app = await apps.promote(core, "example/counter", 2, base_revision=added.app.revision)
    app = await apps.rollback(core, "example/counter", base_revision=app.revision)

For the core only: every function refuses client apps. Whoever decides names the revision that they
saw (`base_revision`; None takes any) and gets `Changed` when somebody else was faster. Every change
is counted, written to the app's history and to the audit log in one transaction, and then published
to `TOPIC` as {"app", "change", "action"}, where `change` is the number for `changed_since`.
"""

from app.core.apps.changes.activation import disable, enable, promote, rollback
from app.core.apps.changes.adding import add_bundle, add_version
from app.core.apps.changes.failures import record_failure
from app.core.apps.changes.grants import grant, revoke, set_grants
from app.core.apps.changes.previews import (
    bring_back_previews,
    end_preview,
    forget_previews,
    preview_by_token,
    previews,
    start_preview,
)
from app.core.apps.changes.removal import (
    KEPT,
    folders_left,
    purge_deleted,
    remove_folders_left,
    undelete,
)
from app.core.apps.changes.removal import delete_app as delete
from app.core.apps.changes.sharing import (
    set_folder_quota,
    set_load_at_boot,
    set_visibility,
)
from app.core.apps.errors import (
    AlreadyThere,
    Changed,
    Deleted,
    NoEarlierVersion,
    NotReady,
    UrlTaken,
)
from app.core.apps.model import (
    EVERYBODY,
    NOBODY,
    TOPIC,
    Action,
    Added,
    App,
    Changes,
    Compiled,
    NewVersion,
    Preview,
    StartedPreview,
    State,
    Step,
    Version,
    Visibility,
)
from app.core.apps.reading import (
    all_apps,
    changed_since,
    get,
    history,
    manifest,
    packages,
    require_store,
    version,
    versions,
    versions_at,
)
from app.core.apps.serving import Contents, Serving, contents, serving
from app.kernel.errors import Invalid, NotFound

__all__ = [
    "EVERYBODY",
    "KEPT",
    "NOBODY",
    "TOPIC",
    "Action",
    "Added",
    "AlreadyThere",
    "App",
    "Changed",
    "Changes",
    "Compiled",
    "Contents",
    "Deleted",
    "Invalid",
    "NewVersion",
    "NoEarlierVersion",
    "NotFound",
    "NotReady",
    "Preview",
    "Serving",
    "StartedPreview",
    "State",
    "Step",
    "UrlTaken",
    "Version",
    "Visibility",
    "add_bundle",
    "add_version",
    "all_apps",
    "bring_back_previews",
    "changed_since",
    "contents",
    "delete",
    "disable",
    "enable",
    "end_preview",
    "folders_left",
    "forget_previews",
    "get",
    "grant",
    "history",
    "manifest",
    "packages",
    "preview_by_token",
    "previews",
    "promote",
    "purge_deleted",
    "record_failure",
    "remove_folders_left",
    "require_store",
    "revoke",
    "rollback",
    "serving",
    "set_folder_quota",
    "set_grants",
    "set_load_at_boot",
    "set_visibility",
    "start_preview",
    "undelete",
    "version",
    "versions",
    "versions_at",
]
