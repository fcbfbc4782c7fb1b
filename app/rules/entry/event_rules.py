"""Rules about the events that an AppEntry names: what runs when a page is opened, settings changed,
or a tab came back.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping

from app.rules.entry.subject import Subject, Unknown, is_page
from app.source.problems import Problem

# By name, so that the rules work without importing Reflex.
_VAR = re.compile(r"\.(\w+?)_rx_state_")
_LONGEST = 60
_EVENTS = frozenset(("Event", "EventSpec", "EventHandler", "EventCallback"))


def pages_load_by_events(subject: Subject) -> Iterator[Problem]:
    """`on_load` of a page names events that take no arguments."""
    pages = subject.value("pages")
    if subject.entry is None or subject.kind != "dynamic" or not isinstance(pages, Mapping):
        return
    for key, value in pages.items():
        for wrong in _wrong(getattr(value, "on_load", None) if is_page(value) else None):
            yield subject.problem(
                f"pages:{key}",
                f'on_load of page "{key}" names {wrong}',
                "Name a method of a state: Page(index, on_load=MyState.load).",
            )


def resumed_by_events(subject: Subject) -> Iterator[Problem]:
    """`on_resume` names events."""
    yield from _attribute(subject, "on_resume", "on_resume = (MyState.handler,)")


def settings_are_followed_by_events(subject: Subject) -> Iterator[Problem]:
    """`on_settings` names events, and comes with `settings`."""
    given = subject.value("on_settings")
    if given is not None and not isinstance(given, Unknown) and subject.value("settings") is None:
        yield subject.problem(
            "on_settings",
            "on_settings is given, but the app has no settings",
            "Write `settings = Settings`, a class derived from pydantic.BaseModel; or leave"
            " on_settings out.",
        )
        return
    yield from _attribute(subject, "on_settings", "on_settings = MyState.handler")


def _attribute(subject: Subject, name: str, example: str) -> Iterator[Problem]:
    value = subject.value(name)
    if subject.kind != "dynamic" or isinstance(value, Unknown):
        return
    for wrong in _wrong(value):
        yield subject.problem(
            name, f"{name} names {wrong}", f"Name a method of a state: {example}."
        )


def _wrong(events: object) -> Iterator[str]:
    """Yield what cannot run by itself among one event or several."""
    if events is None:
        return
    for one in events if isinstance(events, list | tuple) else (events,):
        if getattr(one, "__name__", "") == "<lambda>":
            continue
        kinds = {cls.__name__ for cls in type(one).__mro__}
        name = getattr(getattr(one, "fn", one), "__qualname__", None) or _short(one, kinds)
        if not kinds & _EVENTS:
            yield f"{name}, which is not an event"
        elif "EventHandler" in kinds and (needed := _needed(one)):
            yield f"{name}, which needs the argument {needed}"


def _short(one: object, kinds: Collection[str]) -> str:
    """Return what a person calls something that has no name."""
    if "Var" not in kinds:
        text = repr(one)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    field = _VAR.search(str(one))
    return f"the var {field[1]}" if field else "a var"


def _needed(handler: object) -> str | None:
    """Return the first argument that an event handler cannot do without."""
    parameters = list(inspect.signature(getattr(handler, "fn")).parameters.values())[1:]  # noqa: B009
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return next(
        (p.name for p in parameters if p.default is p.empty and p.kind not in various), None
    )
