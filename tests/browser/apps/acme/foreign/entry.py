import reflex as rx

from app.sdk import DynamicApp


class Confetti(rx.Component):
    library = "react-confetti-explosion@2.1.2"
    tag = "ConfettiExplosion"
    is_default = True


def index() -> rx.Component:
    return Confetti.create()


class AppEntry(DynamicApp):
    name = "Foreign"
    pages = {"/": index}
