"""Times as whoever looks has them, and fields for such times (app/browser/parts/local_time.js)."""

import reflex as rx


class LocalTime(rx.Component):
    """A time in the visitor's zone. `at` is an ISO time with its zone, `form` "full", "clock" or
    "seconds".
    """

    library = "$/graft/parts/local_time.js"
    tag = "LocalTime"

    at: rx.Var[str]
    form: rx.Var[str]


class LocalTimeField(rx.Component):
    """A field for a time in the visitor's zone; its form gets it in UTC, without a zone."""

    library = "$/graft/parts/local_time.js"
    tag = "LocalTimeField"

    name: rx.Var[str]
