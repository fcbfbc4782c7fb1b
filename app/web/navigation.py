"""The part of the header that depends on who looks."""

import reflex as rx

from app.web.administration import (
    allows_unsigned,
    in_safe_mode,
    missing_layers,
    places,
    takes_nothing,
)


class NavigationState(rx.State):
    """Which admin pages there are for this person, and what they must be warned of."""

    places: list[str] = []
    safe_mode: bool = False
    unsigned: bool = False
    takes_nothing: bool = False
    missing_layers: str = ""

    @rx.event
    def load(self):
        """Find out."""
        self.places = places()
        self.safe_mode = in_safe_mode()
        self.takes_nothing = bool(self.places) and takes_nothing()
        self.unsigned = bool(self.places) and allows_unsigned()
        self.missing_layers = " and ".join(missing_layers()) if self.places else ""


def admin_link() -> rx.Component:
    """Return the link to the admin pages for those who find something there."""
    return rx.cond(
        NavigationState.places.length() > 0,
        # A document of its own: no code of an app that was open in this one goes on in it.
        rx.link(
            "Admin",
            href="/admin/apps",
            size="2",
            color="var(--gray-11)",
            reload_document=True,
        ),
    )
