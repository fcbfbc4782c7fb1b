"""Pages about styles, color mode, markdown, code and icons."""

import reflex as rx

from .state import ViewsState


def style_page() -> rx.Component:
    return rx.vstack(
        rx.text("sheet", id="sheet", class_name="from-sheet"),
        rx.text("import", id="import", class_name="from-import"),
        rx.text("inline", id="inline", color="rgb(7, 8, 9)"),
        rx.text(
            "state", id="state", color=ViewsState.color, style={"_hover": {"color": "rgb(9, 9, 9)"}}
        ),
        rx.code("app style", id="app-style"),
        rx.text(
            "class", id="class", class_name=rx.cond(ViewsState.big, "from-import", "from-sheet")
        ),
        rx.box(id="wide", width=["10px", "20px", "30px"], height="5px"),
        rx.image(src="/favicon.svg", id="core-image", width="10px", height="10px"),
        rx.image(src="/dot.svg", alt="dot", id="own-image"),
        rx.button("toggle", id="toggle", on_click=ViewsState.toggle),
        rx.button("color", id="color", on_click=ViewsState.other_color),
        rx.el.section(
            rx.el.h2("element", id="element", data_kind="own"),
            rx.el.button(
                "native", id="native", on_click=ViewsState.toggle, custom_attrs={"data-x": "1"}
            ),
        ),
    )


def mode_page() -> rx.Component:
    return rx.vstack(
        rx.text(rx.color_mode_cond("is light", "is dark"), id="mode"),
        rx.text(rx.color_mode, id="name"),
        rx.color_mode.button(id="button"),
        rx.color_mode.switch(id="switch"),
        rx.button("toggle", id="toggle", on_click=rx.toggle_color_mode),
    )


def text_page() -> rx.Component:
    return rx.vstack(
        rx.box(
            rx.markdown(
                "# Heading\n\n- one\n- two\n\n[a link](/dev)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
                "```python\ndef f():\n    return 1\n```\n\n$$\\sum_i x_i$$\n\nInline $e = mc^2$."
            ),
            id="static",
        ),
        rx.box(rx.markdown(ViewsState.text), id="dynamic"),
        rx.button("other", id="other", on_click=ViewsState.other_text),
        rx.box(rx.code_block("SELECT 1;", language="sql", show_line_numbers=True), id="sql"),
        rx.box(rx.code_block(ViewsState.text, language="markdown"), id="block"),
        rx.box(rx._x.code_block("let a = 1;", language="javascript"), id="shiki"),
        rx.html("<b id='bold'>bold</b>"),
    )


def icons_page() -> rx.Component:
    return rx.vstack(
        rx.box(
            rx.icon("calculator"), rx.icon("heart", size=40), rx.icon("circle_alert"), id="static"
        ),
        rx.box(rx.icon(ViewsState.icon), id="dynamic"),
        rx.box(rx.cond(ViewsState.big, rx.icon("sun"), rx.icon("moon")), id="either"),
        rx.box(rx.foreach(["plane", "car"], lambda name: rx.icon(name)), id="many"),
        rx.button("other", id="other", on_click=ViewsState.other_icon),
        rx.button("toggle", id="toggle", on_click=ViewsState.toggle),
    )
