"""Components with a state of their own, and memoised ones."""

import reflex as rx


class Stepper(rx.ComponentState):
    step: int = 0

    @rx.event
    def forward(self):
        self.step += 1

    @classmethod
    def get_component(cls, **props) -> rx.Component:
        return rx.hstack(rx.text(cls.step), rx.button("step", on_click=cls.forward), **props)


@rx.memo
def badge(label: rx.Var[str]) -> rx.Component:
    return rx.badge(label, color_scheme="grass")


def local_state() -> type[rx.State]:
    class LocalState(rx.State):
        shown: bool = False

        @rx.event
        def toggle(self):
            self.shown = not self.shown

    return LocalState
