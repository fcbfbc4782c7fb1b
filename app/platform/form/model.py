"""A field of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "long", "integer", "number", "date", "choice", "list", "json"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field can have: as JSON text, and for people."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: the setting.
        label, description: for people.
        kind: how its value is entered.
        secret: whether its value is never shown.
        required: whether the app needs it.
        nullable: whether null is accepted.
        default: the value that applies while none is set, as text of this kind; "" if there is
            none, or nothing to show.
        hint: what values are accepted.
        choices: for kind "choice".
        blank: JSON text of the value that is empty and not the same as no value, such as null
            where the default is a number; "" when there is no such value.
    """

    name: str
    label: str
    description: str = ""
    kind: Kind = "json"
    secret: bool = False
    required: bool = False
    nullable: bool = False
    default: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    blank: str = ""


class NotReadable(ValueError):
    """A text is no value of its field; the message says what is, and not the text."""
