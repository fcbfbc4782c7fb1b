import reflex as rx

from app.sdk import DynamicApp


class Stepper(rx.ComponentState):
    """Has the name of a component in another app."""

    value: int = 100

    @rx.event
    def up(self):
        self.value += 100

    @classmethod
    def get_component(cls, **props) -> rx.Component:
        return rx.hstack(
            rx.text(cls.value, class_name="stepper"),
            rx.button("up", class_name="up", on_click=cls.up),
        )


def index() -> rx.Component:
    return rx.vstack(
        Stepper.create(), Stepper.create(), rx.link("other app", href="/apps/acme-states/parts")
    )


class AppEntry(DynamicApp):
    name = "Steppers"
    pages = {"/": index}
