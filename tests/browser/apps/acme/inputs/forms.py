"""Forms and inputs."""

import reflex as rx


class FormState(rx.State):
    sent: str = ""
    controlled: str = "start"
    lazy: str = ""
    calls: int = 0
    checked: bool = False
    level: int = 20
    picked: str = "b"
    keys: str = ""

    @rx.event
    def submit(self, data: dict):
        self.sent = " ".join(f"{key}={data[key]!r}" for key in sorted(data))

    @rx.event
    def set_controlled(self, value: str):
        self.controlled = value.upper()

    @rx.event
    def set_lazy(self, value: str):
        self.lazy = value
        self.calls += 1

    @rx.event
    def check(self, value: bool):
        self.checked = value

    @rx.event
    def set_level(self, value: list[int | float]):
        self.level = int(value[0])

    @rx.event
    def pick(self, value: str):
        self.picked = value

    @rx.event
    def press(self, key: str):
        self.keys += key

    @rx.event
    def empty(self):
        self.controlled = ""


def form_page() -> rx.Component:
    return rx.vstack(
        rx.form(
            rx.input(name="text", id="text"),
            rx.input(name="secret", id="secret", type="password"),
            rx.text_area(name="area", id="area"),
            rx.checkbox("agree", name="agree", id="agree"),
            rx.switch(name="on", id="on"),
            rx.select(["x", "y"], name="letter", default_value="x", id="letter"),
            rx.radio(["p", "q"], name="radio", default_value="p"),
            rx.box(rx.slider(name="level", default_value=30, width="200px"), padding="20px"),
            rx.el.input(name="native", id="native", default_value="n"),
            rx.el.select(rx.el.option("1"), rx.el.option("2"), name="choice", id="choice"),
            rx.button("send", type="submit", id="send"),
            on_submit=FormState.submit,
            reset_on_submit=True,
        ),
        rx.text(FormState.sent, id="sent"),
    )


def input_page() -> rx.Component:
    return rx.vstack(
        rx.input(value=FormState.controlled, on_change=FormState.set_controlled, id="controlled"),
        rx.text(FormState.controlled, id="shown"),
        rx.button("empty", id="empty", on_click=FormState.empty),
        rx.input(on_change=FormState.set_lazy.debounce(150), id="debounced"),
        rx.debounce_input(
            rx.input(value=FormState.lazy, on_change=FormState.set_lazy, id="slow"),
            debounce_timeout=100,
        ),
        rx.text(FormState.lazy, id="lazy"),
        rx.text(FormState.calls, id="calls"),
        rx.switch(checked=FormState.checked, on_change=FormState.check, id="switch"),
        rx.text(FormState.checked, id="checked"),
        rx.slider(
            value=[FormState.level], on_change=FormState.set_level, id="slider", width="200px"
        ),
        rx.text(FormState.level, id="level"),
        rx.select(["a", "b", "c"], value=FormState.picked, on_change=FormState.pick),
        rx.text(FormState.picked, id="picked"),
        rx.input(on_key_down=FormState.press, id="keys"),
        rx.text(FormState.keys, id="pressed"),
    )
