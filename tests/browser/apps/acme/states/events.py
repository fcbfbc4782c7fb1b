"""Background events, generators, chains, get_state."""

import asyncio

import reflex as rx


class Log(rx.State):
    lines: list[str] = []

    @rx.event
    def add(self, line: str):
        self.lines.append(line)

    @rx.event
    def clear(self):
        self.lines = []


class Work(rx.State):
    progress: int = 0
    running: bool = False
    result: str = ""

    @rx.event(background=True)
    async def work(self):
        async with self:
            if self.running:
                return
            self.running = True
        for step in range(1, 6):
            await asyncio.sleep(0.05)
            async with self:
                self.progress = step * 20
        async with self:
            self.running = False
            log = await self.get_state(Log)
            log.lines.append("worked")
        yield Log.add("yielded")

    @rx.event
    async def steps(self):
        self.result = "one"
        yield
        await asyncio.sleep(0.02)
        self.result += " two"
        yield Log.add("between")
        self.result += " three"

    @rx.event
    def plain_steps(self):
        for n in range(3):
            self.progress = n
            yield

    @rx.event
    def chain(self):
        self.result = "chained"
        return [Log.add("first"), Log.add("second"), Work.last("end")]

    @rx.event
    async def last(self, word: str):
        log = await self.get_state(Log)
        self.result = f"{word} after {len(log.lines)}"

    @rx.event
    async def direct(self):
        root = await self.get_state(rx.State)
        value = await self.get_var_value(Log.lines)
        self.result = f"{type(root).__name__} {len(value)} {root.router.url.path}"

    @rx.event
    def fail(self):
        raise ValueError("on purpose")

    @rx.event
    def many(self, number: int, word: str, flag: bool):
        self.result = f"{number + 1} {word} {flag!r}"

    def helper(self):
        self.result = "helped"

    @rx.event
    def uses_helper(self):
        self.helper()


def events_page() -> rx.Component:
    return rx.vstack(
        rx.text(Work.progress, id="progress"),
        rx.text(Work.running, id="running"),
        rx.text(Work.result, id="result"),
        rx.text(Log.lines.join(","), id="log"),
        rx.button("work", id="work", on_click=Work.work),
        rx.button("steps", id="steps", on_click=Work.steps),
        rx.button("plain", id="plain", on_click=Work.plain_steps),
        rx.button("chain", id="chain", on_click=Work.chain),
        rx.button("direct", id="direct", on_click=Work.direct),
        rx.button("both", id="both", on_click=[Log.add("a"), Log.add("b"), Log.add("c")]),
        rx.button("many", id="many", on_click=Work.many(41, "word", True)),
        rx.button("lambda", id="lambda", on_click=lambda: Log.add("from lambda")),
        rx.button("helper", id="helper", on_click=Work.uses_helper),
        rx.button("fail", id="fail", on_click=Work.fail),
        rx.button("clear", id="clear", on_click=Log.clear),
    )
