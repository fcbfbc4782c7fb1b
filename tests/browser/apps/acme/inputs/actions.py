"""Event actions, refs, scripts, toasts, redirects, downloads, clipboard."""

import reflex as rx


class ActionState(rx.State):
    outer: int = 0
    inner: int = 0
    fast: int = 0
    late: int = 0
    answer: str = ""
    pasted: str = ""
    key: str = ""

    @rx.event
    def on_outer(self):
        self.outer += 1

    @rx.event
    def on_inner(self):
        self.inner += 1

    @rx.event
    def on_fast(self):
        self.fast += 1

    @rx.event
    def on_late(self):
        self.late += 1

    @rx.event
    def ask(self):
        return rx.call_script("6 * 7", callback=ActionState.answered)

    @rx.event
    def ask_later(self):
        return rx.call_script("Promise.resolve({n: 5})", callback=ActionState.answered)

    @rx.event
    def run(self):
        return [
            rx.run_script("window.ran = 1"),
            rx.call_function("() => 'called'", callback=ActionState.answered),
        ]

    @rx.event
    def answered(self, value: object):
        self.answer = str(value)

    @rx.event
    def focus(self):
        return [rx.set_focus("target"), rx.set_value("target", "from the server")]

    @rx.event
    def notify(self):
        yield rx.toast("plain toast")
        yield rx.toast.success("good toast", description="more")

    @rx.event
    def alert(self):
        return rx.window_alert("hello")

    @rx.event
    def to_page(self):
        return rx.redirect("/apps/acme-inputs/target?from=event")

    @rx.event
    def to_launcher(self):
        return rx.redirect("/apps")

    @rx.event
    def to_other(self):
        return rx.redirect("/apps/acme-views/foreach")

    @rx.event
    def to_site(self):
        return rx.redirect("https://elsewhere.example/page")

    @rx.event
    def to_tab(self):
        return rx.redirect("/apps/acme-inputs/target", is_external=True)

    @rx.event
    def text_file(self):
        return rx.download(data="line one\n", filename="notes.txt")

    @rx.event
    def bytes_file(self):
        return rx.download(data=bytes(range(256)), filename="bytes.bin")

    @rx.event
    def url_file(self):
        return rx.download(url="/favicon.svg", filename="icon.svg")

    @rx.event
    def copy(self):
        return rx.set_clipboard("copied text")

    @rx.event
    def paste(self, data: list[tuple[str, str]]):
        self.pasted = " ".join(f"{kind}:{value}" for kind, value in data if kind == "text/plain")

    @rx.event
    def log(self):
        return rx.console_log("logged by the server")

    @rx.event
    def pressed(self, key: str):
        self.key = key

    @rx.event
    def scroll(self):
        return rx.scroll_to("far")


def actions_page() -> rx.Component:
    return rx.vstack(
        rx.box(
            rx.button("inner", id="inner", on_click=ActionState.on_inner.stop_propagation),
            rx.button("through", id="through", on_click=ActionState.on_inner),
            on_click=ActionState.on_outer,
        ),
        rx.el.a(
            "prevented",
            href="/nowhere",
            id="prevented",
            on_click=ActionState.on_inner.prevent_default.stop_propagation,
        ),
        rx.button("throttled", id="throttled", on_click=ActionState.on_fast.throttle(10_000)),
        rx.button("debounced", id="debounced", on_click=ActionState.on_late.debounce(200)),
        rx.button("temporal", id="temporal", on_click=ActionState.on_late.temporal),
        rx.button("stop only", id="stop", on_click=rx.stop_propagation),
        rx.text(ActionState.outer, id="outer-count"),
        rx.text(ActionState.inner, id="inner-count"),
        rx.text(ActionState.fast, id="fast-count"),
        rx.text(ActionState.late, id="late-count"),
        rx.window_event_listener(on_key_down=ActionState.pressed),
        rx.text(ActionState.key, id="key"),
    )


def calls_page() -> rx.Component:
    return rx.vstack(
        *[
            rx.button(name, id=name.replace("_", "-"), on_click=getattr(ActionState, name))
            for name in (
                "ask",
                "ask_later",
                "run",
                "focus",
                "notify",
                "alert",
                "to_page",
                "to_launcher",
                "to_other",
                "to_tab",
                "to_site",
                "text_file",
                "bytes_file",
                "url_file",
                "copy",
                "log",
                "scroll",
            )
        ],
        rx.button(
            "inline",
            id="inline",
            on_click=[
                rx.set_value("target", "inline"),
                rx.toast("inline toast"),
                rx.redirect("#here"),
            ],
        ),
        rx.button("direct script", id="direct", on_click=rx.call_script("window.direct = 1")),
        rx.text(ActionState.answer, id="answer"),
        rx.input(id="target"),
        rx.clipboard(on_paste=ActionState.paste),
        rx.text(ActionState.pasted, id="pasted"),
        rx.box(height="3000px"),
        rx.text("far away", id="far"),
    )


def target_page() -> rx.Component:
    return rx.text("arrived ", rx.State.router.url.query, id="arrived")
