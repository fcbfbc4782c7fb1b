"""Pages about foreach, cond, match, memo and what vars can hold."""

import reflex as rx

from .state import Fruit, ViewsState


def fruit(item: Fruit, index: int) -> rx.Component:
    return rx.hstack(
        rx.text(f"{index}: ", item.name, class_name="fruit"),
        rx.foreach(item.tags, lambda tag: rx.badge(tag, class_name="tag")),
        rx.cond(item.tags.length() > 1, rx.text("many", class_name="many")),
    )


def foreach_page() -> rx.Component:
    return rx.vstack(
        rx.foreach(ViewsState.fruits, fruit),
        rx.foreach(
            ViewsState.prices, lambda pair: rx.text(pair[0], "=", pair[1], class_name="price")
        ),
        rx.foreach(["a", "b"], lambda letter: rx.text(letter, class_name="letter")),
        rx.foreach(rx.Var.range(3), lambda i: rx.text(i, class_name="number")),
        rx.button("add", id="add", on_click=ViewsState.add),
    )


def cond_page() -> rx.Component:
    return rx.vstack(
        rx.cond(ViewsState.big, rx.heading("big", id="size"), rx.text("small", id="size")),
        rx.text(rx.cond(ViewsState.big, "yes", "no"), id="word"),
        rx.match(
            ViewsState.kind,
            ("circle", rx.text("round", id="form")),
            ("square", "rectangle", rx.text("four corners", id="form")),
            rx.text("unknown", id="form"),
        ),
        rx.text(rx.match(ViewsState.kind, ("circle", "0"), ("square", "4"), "?"), id="corners"),
        rx.button("toggle", id="toggle", on_click=ViewsState.toggle),
        rx.button("square", id="square", on_click=ViewsState.show("square")),
        rx.button("star", id="star", on_click=ViewsState.show("star")),
    )


@rx.memo
def badge(
    label: rx.Var[str],
    price: rx.Var[int],
    on_pick: rx.EventHandler[rx.event.passthrough_event_spec(str)],
) -> rx.Component:
    return rx.button(label, ": ", price, class_name="memo", on_click=on_pick(label))


@rx.memo
def frame(children: rx.Var[rx.Component], title: rx.Var[str] = "untitled") -> rx.Component:
    return rx.box(rx.text(title, class_name="frame-title"), children, class_name="frame")


@rx.memo
def shout(text: rx.Var[str]) -> rx.Var[str]:
    return text.upper()


def memo_page() -> rx.Component:
    return rx.vstack(
        rx.foreach(
            ViewsState.fruits,
            lambda item: badge(
                label=item.name, price=ViewsState.prices[item.name], on_pick=ViewsState.show
            ),
        ),
        frame(rx.text(ViewsState.kind, id="kind"), title="a frame"),
        frame(rx.text(shout(text=ViewsState.kind), id="loud")),
        rx.button("add", id="add", on_click=ViewsState.add),
    )


def typed_page() -> rx.Component:
    return rx.vstack(
        rx.text(ViewsState.size.width, "x", ViewsState.size.height, id="size"),
        rx.text(ViewsState.shape.width, "x", ViewsState.shape.height, id="shape"),
        rx.text(ViewsState.fruits[0].name, id="first"),
        rx.button("grow", id="grow", on_click=ViewsState.grow),
    )
