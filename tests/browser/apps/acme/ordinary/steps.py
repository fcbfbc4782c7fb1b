"""Handlers that show something before they go on with work that lets nothing else run."""

import time
from pathlib import Path

import reflex as rx


class StepsState(rx.State):
    shown: str = "nothing"

    def work(self):
        self.shown = "working"
        yield
        self._wait()
        self.shown = "worked"

    async def work_async(self):
        self.shown = "working"
        yield
        self._wait()
        self.shown = "worked"

    def tell(self):
        yield rx.call_script("document.getElementById('told').textContent = 'told'")
        self._wait()
        self.shown = "worked"

    def _wait(self):
        gate = Path(self.router.url.query_parameters["gate"])
        while not gate.exists():
            time.sleep(0.01)


def steps_page() -> rx.Component:
    return rx.vstack(
        rx.button("work", id="work", on_click=StepsState.work),
        rx.button("work async", id="work-async", on_click=StepsState.work_async),
        rx.button("tell", id="tell", on_click=StepsState.tell),
        rx.text(StepsState.shown, id="shown"),
        rx.el.p("nothing", id="told"),
    )
