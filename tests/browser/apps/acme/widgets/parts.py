"""Radix parts, time, custom components, scrolling."""

import reflex as rx

from app.sdk import DynamicApp


class PartsState(rx.State):
    tab: str = "one"
    picked: str = "apple"
    is_open: bool = False
    lines: list[str] = ["line 1"]
    moment: str = "2026-01-02T03:04:05"
    lowest: int = 0
    ticks: int = 0

    @rx.event
    def set_tab(self, tab: str):
        self.tab = tab

    @rx.event
    def set_open(self, value: bool):
        self.is_open = value

    @rx.event
    def pick(self, value: str | list[str]):
        self.picked = value

    @rx.event
    def add_lines(self):
        self.lines += [f"line {len(self.lines) + n}" for n in range(1, 60)]

    @rx.event
    def tick(self, date: str):
        self.ticks += 1


class TimeAgo(rx.Component):
    """A component of the app's own on a library that is in the build."""

    library = "react-moment"
    tag = "Moment"
    is_default = True
    date: rx.Var[str]
    format: rx.Var[str]


class Greeting(rx.Component):
    """A component of the app's own without a library."""

    tag = "AcmeGreeting"
    name: rx.Var[str]

    def add_custom_code(self):
        return ["function AcmeGreeting({name}) { return `Greetings, ${name}!`; }"]


class Clock(rx.Component):
    """A component with hooks and imports of its own."""

    library = "react-debounce-input"
    tag = "DebounceInput"

    def add_imports(self):
        return {"react": ["useEffect"]}

    def add_hooks(self):
        return ["useEffect(() => { window.acmeClock = (window.acmeClock ?? 0) + 1; }, []);"]


def radix_page() -> rx.Component:
    return rx.vstack(
        rx.tabs.root(
            rx.tabs.list(rx.tabs.trigger("One", value="one"), rx.tabs.trigger("Two", value="two")),
            rx.tabs.content(rx.text("first tab", id="first"), value="one"),
            rx.tabs.content(rx.text("second tab", id="second"), value="two"),
            value=PartsState.tab,
            on_change=PartsState.set_tab,
        ),
        rx.accordion.root(
            rx.accordion.item(header="Header", content="inside the accordion", value="a"),
            collapsible=True,
            id="accordion",
        ),
        rx.avatar(fallback="AB", id="avatar"),
        rx.tooltip(rx.button("hover me", id="tip"), content="a tip"),
        rx.dropdown_menu.root(
            rx.dropdown_menu.trigger(rx.button("menu", id="menu")),
            rx.dropdown_menu.content(
                rx.dropdown_menu.item("take pear", on_select=PartsState.pick("pear")),
            ),
        ),
        rx.popover.root(
            rx.popover.trigger(rx.button("popover", id="pop")),
            rx.popover.content(rx.text("popped", id="popped")),
        ),
        rx.dialog.root(
            rx.dialog.content(
                rx.dialog.title("Dialog"),
                rx.dialog.description("from the state"),
                rx.dialog.close(rx.button("close", id="close")),
            ),
            open=PartsState.is_open,
            on_open_change=PartsState.set_open,
        ),
        rx.button("dialog", id="dialog", on_click=PartsState.set_open(True)),
        rx.alert_dialog.root(
            rx.alert_dialog.trigger(rx.button("alert", id="alert")),
            rx.alert_dialog.content(
                rx.alert_dialog.title("Sure?"),
                rx.alert_dialog.description("Really?"),
                rx.alert_dialog.action(rx.button("Yes", on_click=PartsState.pick("sure"))),
            ),
        ),
        rx.drawer.root(
            rx.drawer.trigger(rx.button("drawer", id="drawer")),
            rx.drawer.overlay(),
            rx.drawer.portal(
                rx.drawer.content(
                    rx.drawer.title("Drawer"),
                    rx.drawer.description("drawn"),
                    rx.text("in the drawer"),
                )
            ),
        ),
        rx.segmented_control.root(
            rx.segmented_control.item("apple", value="apple"),
            rx.segmented_control.item("pear", value="pear"),
            value=PartsState.picked,
            on_change=PartsState.pick,
        ),
        rx.text(PartsState.picked, id="picked"),
        rx.progress(value=40, id="progress"),
        rx.badge("badge"),
        rx.spinner(),
        rx.skeleton(rx.text("bones")),
        rx.separator(),
        rx.callout("callout", icon="info"),
        rx.list.unordered(rx.list.item("item")),
        rx.hover_card.root(rx.hover_card.trigger(rx.link("card")), rx.hover_card.content("held")),
        rx.context_menu.root(
            rx.context_menu.trigger(rx.text("right click", id="context")),
            rx.context_menu.content(rx.context_menu.item("copy it")),
        ),
    )


def parts_page() -> rx.Component:
    return rx.vstack(
        rx.moment(PartsState.moment, format="YYYY/MM/DD", id="moment"),
        rx.moment("2026-01-02", format="dddd", locale="de", id="german"),
        rx.moment(interval=50, format="ss", on_change=PartsState.tick),
        rx.text(rx.cond(PartsState.ticks > 0, "ticking", "still"), id="ticks"),
        rx.box(TimeAgo.create(date=PartsState.moment, format="YYYY"), id="own"),
        rx.box(Greeting.create(name=PartsState.picked), id="greeting"),
        rx.box(Clock.create(), id="clock"),
        rx.scroll_area(rx.box(height="2000px"), height="100px", width="100px", id="area"),
        rx.auto_scroll(
            rx.foreach(PartsState.lines, rx.text), height="100px", width="200px", id="auto"
        ),
        rx.button("lines", id="lines", on_click=PartsState.add_lines),
        rx.script(src=DynamicApp.asset("script.js")),
    )
