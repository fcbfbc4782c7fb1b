"""States made of parts: components with state, mixins, sub-states."""

import reflex as rx


class Stepper(rx.ComponentState):
    value: int = 0

    @rx.event
    def up(self):
        self.value += 1

    @classmethod
    def get_component(cls, *children, label: str = "", start: int = 0, **props) -> rx.Component:
        return rx.hstack(
            rx.text(label, ": ", cls.value, class_name="stepper"),
            rx.button("up", class_name="up", on_click=cls.up),
            **props,
        )


class Named(rx.State, mixin=True):
    name: str = "nobody"

    @rx.event
    def rename(self, name: str):
        self.name = name

    @rx.var
    def greeting(self) -> str:
        return f"Hello {self.name}"


class Base(Named, rx.State):
    count: int = 0

    @rx.event
    def up(self):
        self.count += 1


class Child(Base):
    own: int = 10

    @rx.event
    def both(self):
        self.own += 1
        self.count += 100

    @rx.var
    def total(self) -> int:
        return self.own + self.count


class Other(Named, rx.State):
    pass


def parts_page() -> rx.Component:
    first, second = Stepper.create(label="first"), Stepper.create(label="second")
    return rx.vstack(
        first,
        second,
        rx.text(first.State.value + second.State.value, id="sum"),
        rx.text(Base.greeting, id="base"),
        rx.text(Other.greeting, id="other"),
        rx.text(Base.count, id="count"),
        rx.text(Child.total, id="total"),
        rx.button("rename", id="rename", on_click=Base.rename("Ann")),
        rx.button("rename other", id="rename-other", on_click=Other.rename("Bob")),
        rx.button("up", id="up", on_click=Base.up),
        rx.button("both", id="both", on_click=Child.both),
    )
