"""The subject of the entry rules: one app, with what is known about its AppEntry."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeGuard

from app.source.app_source import AppSource
from app.source.metadata import ENTRY_CLASS, ENTRY_FILE, AppMetadata, Kind
from app.source.problems import Problem


class Unknown(Enum):
    """Why an attribute has no value to judge."""

    NOT_GIVEN = "the class does not have it"
    NOT_LITERAL = "known after loading only"


@dataclass(frozen=True, slots=True)
class Subject:
    """One app under examination; `entry` is the loaded AppEntry, None while it is not loaded.

    `taken_urls` maps the urls of the other apps to their ids.
    """

    source: AppSource
    metadata: AppMetadata
    entry: type | None
    taken_urls: Mapping[str, str]

    @property
    def kind(self) -> Kind | None:
        """Kind of the app: by the loaded class, else by the text; None when unknown."""
        if self.entry is None:
            return self.metadata.kind
        # By name, so that the rules work without importing the SDK and, with it, Reflex.
        names = {c.__name__ for c in inspect.getmro(self.entry) if is_sdk(c)}
        if "StaticApp" in names:
            return "static"
        return "dynamic" if "DynamicApp" in names else None

    def value(self, name: str) -> object:
        """Value of an attribute: of the loaded class, else the literal in the text."""
        if self.entry is not None:
            return getattr(self.entry, name, Unknown.NOT_GIVEN)
        if name in self.metadata.literals:
            return self.metadata.literals[name]
        given = name in self.metadata.lines or self.metadata.kind is None
        return Unknown.NOT_LITERAL if given else Unknown.NOT_GIVEN

    def problem(self, attribute: str, message: str, remedy: str) -> Problem:
        """A problem at the line of an attribute (or of the class, when it is not there)."""
        line = self.metadata.line(attribute) or self.metadata.line(ENTRY_CLASS)
        return Problem(self.source.id, "validate", ENTRY_FILE, line, message, remedy)


def is_sdk(value: type) -> bool:
    """Whether a class is defined by app.sdk."""
    return value.__module__ == "app.sdk" or value.__module__.startswith("app.sdk.")


def is_page(value: object) -> bool:
    """Whether a value is a Page of app.sdk."""
    return type(value).__name__ == "Page" and is_sdk(type(value))


def texts(value: object) -> tuple[str, ...]:
    """The texts in a value that was found to hold nothing else."""
    return tuple(str(item) for item in value) if isinstance(value, Iterable) else ()


def not_texts(value: object) -> str | None:
    """What is wrong when a value should be a sequence of texts; None when it is one."""
    if isinstance(value, str):
        return "a string, not a tuple (a comma is missing)"
    if not isinstance(value, list | tuple | set | frozenset):
        return f"{type_of(value)}, not a tuple"
    return None if all(isinstance(item, str) for item in value) else "not made of strings only"


def as_tuple(name: str, value: object, example: str) -> str:
    """Return how to write an attribute that should be a sequence of texts."""
    given = [value] if isinstance(value, str) else list(value) if _is_many(value) else []
    items = [item for item in given if isinstance(item, str)] or [example]
    return f"{name} = ({', '.join(map(_quoted, items))}{',' if len(items) == 1 else ''})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"'


def _is_many(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, list | tuple | set | frozenset)


def type_of(value: object) -> str:
    """`of type int`, to end a message with."""
    return f"of type {type(value).__name__}"
