"""A database beside the code, as many an app is first written."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import reflex as rx

from app.sdk import DynamicApp

HERE = Path(__file__).parent
LOADED = time.time_ns()


class NotesState(rx.State):
    count: int = 0
    loaded: str = ""
    error: str = ""

    @rx.event
    def write(self):
        try:
            with closing(sqlite3.connect(HERE / "notes.db")) as database:
                database.execute("pragma journal_mode=wal")
                database.execute("create table if not exists note (text)")
                database.execute("insert into note values ('x')")
                database.commit()
                self.count = database.execute("select count(*) from note").fetchone()[0]
        except Exception as error:
            self.error = repr(error)
        self.loaded = str(LOADED)


def index() -> rx.Component:
    return rx.el.main(
        rx.button("write", id="write", on_click=NotesState.write),
        rx.text(NotesState.count, id="count"),
        rx.text(NotesState.loaded, id="loaded"),
        rx.text(NotesState.error, id="error"),
    )


class AppEntry(DynamicApp):
    name = "Beside"
    pages = {"/": index}
