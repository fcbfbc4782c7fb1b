"""An app that gives whoever looks after it something to look at."""

import reflex as rx

from app.sdk import DynamicApp, log


class WatchedState(rx.State):
    said: int = 0

    @rx.event
    def say(self):
        self.said += 1
        log.info("said", number=self.said)

    @rx.event
    def warn(self):
        self.said += 1
        log.warning("careful", number=self.said)

    @rx.event
    def fail(self):
        raise ValueError("this fails")


def index() -> rx.Component:
    return rx.box(
        rx.heading("Watched", id="title"),
        rx.text(WatchedState.said, id="said"),
        rx.button("Say", id="say", on_click=WatchedState.say),
        rx.button("Warn", id="warn", on_click=WatchedState.warn),
        rx.button("Fail", id="fail", on_click=WatchedState.fail),
    )


class AppEntry(DynamicApp):
    name = "Watched"
    url = "acme-watched"
    icon = "eye"
    pages = {"/": index}
