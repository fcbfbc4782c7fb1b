"""The part of the header that depends on who looks."""

import reflex as rx

from app.web.admin.access import administers


class NavigationState(rx.State):
    """Whether there is anything to administer for this person."""

    administers: bool = False

    @rx.event
    def load(self):
        """Find out."""
        self.administers = administers()


def admin_link() -> rx.Component:
    """Return the link to the admin pages for those who find something there."""
    return rx.cond(
        NavigationState.administers,
        rx.link("Admin", href="/admin/apps", size="2", color="var(--gray-11)"),
    )
