import reflex as rx

from app.sdk import DynamicApp


class StoreState(rx.State):
    local: str = rx.LocalStorage("local default")
    synced: str = rx.LocalStorage("synced default", name="acme_synced", sync=True)
    session: str = rx.SessionStorage("session default")
    cookie: str = rx.Cookie("cookie default")
    named: str = rx.Cookie("named default", name="acme_named", max_age=3600, same_site="strict")
    memory: str = "memory default"

    @rx.event
    def change(self, text: str):
        self.local = f"local {text}"
        self.session = f"session {text}"
        self.cookie = f"cookie {text}"
        self.named = f"named {text}"
        self.memory = f"memory {text}"

    @rx.event
    def sync(self, text: str):
        self.synced = text

    @rx.event
    def forget(self):
        self.reset()
        return [
            rx.clear_local_storage(),
            rx.clear_session_storage(),
            rx.remove_cookie("acme_named"),
        ]

    @rx.var
    def summary(self) -> str:
        return f"{self.local}|{self.cookie}"


class OtherState(rx.State):
    local: str = rx.LocalStorage("other default")


def index() -> rx.Component:
    return rx.vstack(
        rx.heading("Storage one", id="title"),
        *[
            rx.text(getattr(StoreState, name), id=name)
            for name in ("local", "synced", "session", "cookie", "named", "memory", "summary")
        ],
        rx.text(OtherState.local, id="other"),
        rx.input(id="text", on_blur=StoreState.change),
        rx.input(id="sync", on_blur=StoreState.sync),
        rx.button("forget", id="forget", on_click=StoreState.forget),
        rx.link("again", href="/apps/acme-storage/again", id="again"),
    )


class AppEntry(DynamicApp):
    name = "Storage"
    pages = {"/": index, "/again": index}
