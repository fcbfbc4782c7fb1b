"""Computed vars of all kinds."""

import datetime

import reflex as rx


class Source(rx.State):
    n: int = 1
    clock: int = 0

    @rx.event
    def up(self):
        self.n += 1

    @rx.event
    def touch(self):
        self.clock += 1


class Results(rx.State):
    _runs: int = 0
    _old_runs: int = 0
    base: int = 10

    @rx.event
    def grow(self):
        self.base += 10

    @rx.event
    def nothing(self):
        pass

    @rx.var(cache=True)
    def plain(self) -> int:
        return self.base * 2

    @rx.var
    async def across(self) -> int:
        source = await self.get_state(Source)
        return self.base + source.n

    @rx.var(deps=["base"], auto_deps=False)
    def explicit(self) -> str:
        return f"explicit {self.base}"

    @rx.var(interval=datetime.timedelta(milliseconds=1))
    def timed(self) -> int:
        self._runs += 1
        return self._runs

    @rx.var(interval=datetime.timedelta(hours=1))
    def rarely(self) -> int:
        self._old_runs += 1
        return self._old_runs

    @rx.var(cache=False)
    def uncached(self) -> str:
        return f"uncached {self.base}"

    @rx.var
    def of_computed(self) -> int:
        return self.plain + 1

    @rx.var
    def where(self) -> str:
        return self.router.url.path

    @rx.var
    async def where_root(self) -> str:
        root = await self.get_state(rx.State)
        return root.router.url.path

    @rx.var(backend=True)
    def _secret(self) -> str:
        return f"secret {self.base}"

    @rx.var
    def revealed(self) -> str:
        return self._secret.upper()


def computed_page() -> rx.Component:
    return rx.vstack(
        rx.text(Results.plain, id="plain"),
        rx.text(Results.across, id="across"),
        rx.text(Results.explicit, id="explicit"),
        rx.text(Results.timed, id="timed"),
        rx.text(Results.rarely, id="rarely"),
        rx.text(Results.uncached, id="uncached"),
        rx.text(Results.of_computed, id="of-computed"),
        rx.text(Results.where, id="where"),
        rx.text(Results.where_root, id="where-root"),
        rx.text(Results.revealed, id="revealed"),
        rx.text(Source.n, id="n"),
        rx.text(rx.State.router.url.path, id="router"),
        rx.button("up", id="up", on_click=Source.up),
        rx.button("grow", id="grow", on_click=Results.grow),
        rx.button("nothing", id="nothing", on_click=Results.nothing),
        rx.link("elsewhere", href="/apps/acme-states/computed/deeper", id="deeper"),
    )
