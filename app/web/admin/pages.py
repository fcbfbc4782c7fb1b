"""Adds the admin pages to the core's app."""

import reflex as rx

from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.upload_state import UploadState
from app.web.admin.apps.views.apps_page import apps_page
from app.web.admin.audit.audit_page import audit_page
from app.web.admin.audit.audit_state import AuditState
from app.web.admin.nodes import NodesState, nodes_page
from app.web.admin.users.users_page import users_page
from app.web.admin.users.users_state import UsersState
from app.web.navigation import NavigationState


def add_admin_pages(app: rx.App) -> None:
    """Add the pages to the core's app."""
    pages = (
        (apps_page, "/admin/apps/[[...splat]]", "Installed apps", AdminState.load),
        (users_page, "/admin/users", "Users", UsersState.load),
        (nodes_page, "/admin/nodes", "Nodes", NodesState.load),
        (audit_page, "/admin/audit", "Audit log", AuditState.load),
    )
    for component, route, title, load in pages:
        # What was uploaded is told once, and not again to who comes back later.
        on_load = [NavigationState.load, UploadState.arrive, load]
        app.add_page(component, route=route, title=f"{title} · Graft", on_load=on_load)
