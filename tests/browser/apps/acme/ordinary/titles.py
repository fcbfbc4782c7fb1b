"""Pages whose titles follow the state."""

import reflex as rx

from app.sdk import Page


class TitleState(rx.State):
    unread: int = 0
    name: str = ""

    @rx.var
    def inbox(self) -> str:
        return f"Inbox ({self.unread})" if self.unread else "Inbox"

    def receive(self):
        self.unread += 1

    def rename(self, name: str):
        self.name = name


def inbox_page() -> rx.Component:
    return rx.vstack(
        rx.heading("Inbox", id="title"),
        rx.button("receive", id="receive", on_click=TitleState.receive),
        rx.link("Named", href="/apps/acme-ordinary/named", id="named"),
    )


def named_page() -> rx.Component:
    return rx.vstack(
        rx.heading("Named", id="title"),
        rx.button("ann", id="ann", on_click=TitleState.rename("Ann")),
        rx.button("nobody", id="nobody", on_click=TitleState.rename("")),
        rx.link("Inbox", href="/apps/acme-ordinary/inbox", id="inbox"),
    )


TITLED = {
    "/inbox": Page(inbox_page, title=TitleState.inbox),
    "/named": Page(named_page, title=TitleState.name),
    "/greeted": Page(named_page, title=f"Hello, {TitleState.name}"),
}
