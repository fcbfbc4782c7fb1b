"""The parts of the admin pages that are written in JavaScript, beside this file."""

from typing import Any

import reflex as rx


class LiveLog(rx.NoSSRComponent):
    """Follows the log of an app while it is on screen (live_log.js)."""

    library = "$/graft/live_log.js"
    tag = "LiveLog"

    app: rx.Var[str]


class UsageChart(rx.NoSSRComponent):
    """Draws one chart (usage_chart.js)."""

    library = "$/graft/usage_chart.js"
    tag = "UsageChart"

    points: rx.Var[list[dict[str, Any]]]
    series: rx.Var[list[dict[str, Any]]]
    unit: rx.Var[str]


class Ticker(rx.Component):
    """Asks for news when it comes on screen, and every few seconds while somebody looks
    (ticker.js).
    """

    library = "$/graft/ticker.js"
    tag = "Ticker"

    seconds: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[valid-type]


class FormWatch(rx.Component):
    """Stands in a form: says when something in it is not saved, and asks before it is lost
    (form_watch.js). `refusals` grows when there is something wrong to be looked at.
    """

    library = "$/graft/form_watch.js"
    tag = "FormWatch"

    refusals: rx.Var[int]
