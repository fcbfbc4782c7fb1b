"""on_mount, on_unmount, on_load, client-side state."""

import reflex as rx

client_count = rx._x.client_state("acme_clicks", default=0)


class Life(rx.State):
    shown: bool = False
    mounted: int = 0
    unmounted: int = 0
    loads: int = 0

    @rx.event
    def toggle(self):
        self.shown = not self.shown

    @rx.event
    def on_mounted(self):
        self.mounted += 1

    @rx.event
    def on_unmounted(self):
        self.unmounted += 1

    @rx.event
    def loaded(self):
        self.loads += 1

    @rx.event
    def set_client(self):
        return client_count.push(40)

    @rx.event
    def got_client(self, value: int):
        self.mounted = value


def life_page() -> rx.Component:
    return rx.vstack(
        rx.cond(
            Life.shown,
            rx.box("here", on_mount=Life.on_mounted, on_unmount=Life.on_unmounted, id="box"),
        ),
        rx.text(Life.mounted, id="mounted"),
        rx.text(Life.unmounted, id="unmounted"),
        rx.text(Life.loads, id="loads"),
        rx.button("toggle", id="toggle", on_click=Life.toggle),
        client_count,
        rx.text(client_count.value, id="client"),
        rx.button("client", id="click", on_click=client_count.set_value(client_count.value + 1)),
        rx.button("push", id="push", on_click=Life.set_client),
        rx.button("retrieve", id="retrieve", on_click=client_count.retrieve(Life.got_client)),
    )
