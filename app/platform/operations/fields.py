"""Arguments that operations share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from pydantic import Field

from app.kernel.errors import Invalid

Identifier = Annotated[str, Field(min_length=1, max_length=64)]
RevisionOption = Annotated[
    int | None,
    typer.Option(
        "--revision",
        metavar="N",
        min=0,
        help="Only if the app has not changed since: its revision in `show`.",
    ),
]
NoteOption = Annotated[str, typer.Option(help="Why, for the app's history.")]
SEEN: Mapping[str, Any] = {"base_revision": RevisionOption}


def number_of(argument: str) -> int:
    """Return a version's number.

    Raises:
        Invalid: it is none.
    """
    if not argument.isascii() or not argument.isdigit() or len(argument) > 9:
        raise Invalid(f"{argument[:40]!r} is not the number of a version")
    return int(argument)
