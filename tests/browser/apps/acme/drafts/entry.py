"""Fields that people write in, in all the places where a page can have them."""

import reflex as rx

from app.sdk import DynamicApp


class DraftsState(rx.State):
    sent: str = ""
    shout: str = ""
    clicks: int = 0
    rows: list[str] = ["a", "b"]
    is_open: bool = True

    @rx.event
    def send(self, form: dict):
        self.sent = " ".join(f"{key}={value}" for key, value in form.items())

    @rx.event
    def set_shout(self, value: str):
        self.shout = value

    @rx.event
    def click(self):
        self.clicks += 1

    @rx.event
    def grow(self):
        self.rows.append("c")


@rx.memo
def card(label: rx.Var[str]) -> rx.Component:
    return rx.card(rx.text(label), rx.input(id="in-memo"))


def form_page() -> rx.Component:
    return rx.vstack(
        rx.heading("Drafts one", id="title"),
        rx.form(
            rx.input(name="subject"),
            rx.text_area(id="body", name="body"),
            rx.button("send", id="send", type="submit"),
            on_submit=DraftsState.send,
        ),
        rx.text(DraftsState.sent, id="sent"),
    )


def fields_page() -> rx.Component:
    return rx.vstack(
        rx.heading("Drafts one", id="title"),
        rx.input(
            value=DraftsState.shout, on_change=DraftsState.set_shout, placeholder="one", id="shout"
        ),
        rx.box(rx.input(id="in-box"), on_click=DraftsState.click, id="box"),
        rx.text(DraftsState.clicks, id="clicks"),
        rx.foreach(
            DraftsState.rows,
            lambda row: rx.box(rx.text(row, class_name="row"), rx.input(class_name="in-row")),
        ),
        rx.button("grow", id="grow", on_click=DraftsState.grow),
        rx.cond(DraftsState.is_open, rx.box(rx.input(id="in-cond"))),
        card(label=DraftsState.sent),
    )


def sections_page() -> rx.Component:
    return rx.vstack(
        rx.heading("Drafts one", id="title"),
        rx.card(rx.text("First"), rx.input(placeholder="Name")),
        rx.card(
            rx.text("Second"),
            rx.input(id="second"),
            rx.accordion.root(
                rx.accordion.item(header="More", content="All of it", value="more"),
                collapsible=True,
            ),
        ),
    )


class AppEntry(DynamicApp):
    name = "Drafts"
    pages = {"/": form_page, "/fields": fields_page, "/sections": sections_page}
