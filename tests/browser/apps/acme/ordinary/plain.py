"""Every way in which a page names an event; no method is decorated."""

import reflex as rx


class PlainState(rx.State):
    count: int = 0
    text: str = ""
    word: str = ""
    sent: str = ""
    files: str = ""
    answer: str = ""

    def add(self):
        self.count += self.step()

    def step(self):
        return 2

    def add_more(self, number: int):
        self.count += number

    def set_text(self, value: str):
        self.text = value

    def set_word(self, value: str):
        self.word = value.upper()

    def submit(self, form_data: dict):
        self.sent = f"{form_data['first']} {form_data['last']}"

    async def take(self, files: list[rx.UploadFile]):
        for file in files:
            self.files += f"{file.filename} {len(await file.read())}"

    def ask_script(self):
        return rx.call_script("count_up()", callback=PlainState.answered)

    def ask(self):
        return rx.call_script("6 * 7", callback=PlainState.answered)

    def answered(self, value: int):
        self.answer = f"answer {value}"


def plain_page() -> rx.Component:
    return rx.vstack(
        rx.button("add", id="add", on_click=PlainState.add),
        rx.button("ten", id="ten", on_click=lambda: PlainState.add_more(10)),
        rx.button("bound", id="bound", on_click=PlainState.add_more(100)),
        rx.text(PlainState.count, id="count"),
        rx.input(id="setvar", on_change=PlainState.setvar("text")),
        rx.text(PlainState.text, id="text"),
        rx.input(id="setter", on_change=PlainState.set_word),
        rx.text(PlainState.word, id="word"),
        rx.form(
            rx.input(name="first", id="first"),
            rx.input(name="last", id="last"),
            rx.button("send", id="send", type="submit"),
            on_submit=PlainState.submit,
        ),
        rx.text(PlainState.sent, id="sent"),
        rx.upload(rx.text("files"), id="files"),
        rx.button("upload", id="upload", on_click=PlainState.take(rx.upload_files("files"))),
        rx.text(PlainState.files, id="names"),
        rx.script("let counted = 6; function count_up() { counted += 1; return counted }"),
        rx.button("ask", id="ask", on_click=PlainState.ask),
        rx.button("ask script", id="ask-script", on_click=PlainState.ask_script),
        rx.text(PlainState.answer, id="answer"),
    )
