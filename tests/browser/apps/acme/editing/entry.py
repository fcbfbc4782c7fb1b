import reflex as rx

from app.sdk import DynamicApp


class EditingState(rx.State):
    saved: str = ""

    @rx.event
    def save(self, form: dict):
        self.saved = form["text"]


def dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(rx.button("open", id="open")),
        rx.dialog.content(
            rx.dialog.title("A dialog"),
            rx.dialog.description("It stays open."),
            rx.input(id="inside"),
        ),
    )


def index() -> rx.Component:
    return rx.vstack(
        rx.heading("Editing one", id="title"),
        rx.form(
            rx.text_area(id="text", name="text"),
            rx.button("save", id="save", type="submit"),
            on_submit=EditingState.save,
        ),
        rx.text(EditingState.saved, id="saved"),
        rx.box(
            rx.box(height="3000px"), id="scroller", height="200px", width="200px", overflow="auto"
        ),
        dialog(),
    )


class AppEntry(DynamicApp):
    name = "Editing"
    pages = {"/": index}
