"""The core's events by which hosted pages come back to the server (`app/browser/component.py`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.bridge.sockets.events import EventCall


@dataclass(frozen=True)
class PageEvents:
    """What is queued in a session, or sent by its browser, and does what `HostedPages` does.

    Attributes:
        refresh: brings a page to the version of the moment.
        resume: with it the browser sends the values of its storage.
        renew: brings a page to the settings of the moment.
        load: runs the `on_load` of a page after `on_resume`.
        leave_preview: brings a page back from a preview.
    """

    refresh: EventCall
    resume: EventCall
    renew: EventCall
    load: EventCall
    leave_preview: EventCall
