import reflex as rx

from app.sdk import DynamicApp, Page

from .actions import actions_page, calls_page, target_page
from .files import files_page
from .forms import form_page, input_page


def index() -> rx.Component:
    return rx.heading("Inputs", id="title")


class AppEntry(DynamicApp):
    name = "Inputs"
    pages = {
        "/": index,
        "/form": form_page,
        "/input": input_page,
        "/actions": actions_page,
        "/calls": calls_page,
        "/target": Page(target_page, title="Target"),
        "/files": files_page,
    }
