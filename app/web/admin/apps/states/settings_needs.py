"""What a version needs before it can run: settings that are required and not set."""

from __future__ import annotations

from app.core.apps import App
from app.kernel.errors import CoreError
from app.packages.trying.dry_run import DryRunFailed
from app.platform.form import fields_of
from app.platform.permissions import Action, Requester, may
from app.source.problems import AppError
from app.web.administration import administration


async def needs_of(who: Requester, app: App, number: int) -> str:
    """Return, as a sentence, which settings a version needs; "" when it needs none, and for who may
    not see settings.
    """
    if not may(who, Action.CONFIGURE, app.visible_to):
        return ""
    try:
        seen = await administration().platform.settings.describe(who, app.id, number)
    except (CoreError, AppError, DryRunFailed):
        return ""
    if seen.schema is None or not seen.missing:
        return ""
    labels = {declared.name: declared.label for declared in fields_of(seen.schema)}
    names = ", ".join(labels[name] for name in seen.missing)
    return f"Version {seen.number} needs settings that are not set: {names}."
