"""Rules about the origins that an AppEntry asks for."""

from __future__ import annotations

from collections.abc import Iterator

from app.kernel.origins import MOST, NotAnOrigin, parse_origin
from app.rules.entry.subject import Subject, Unknown, as_tuple, not_texts, texts
from app.source.problems import Problem


def origins_are_servers(subject: Subject) -> Iterator[Problem]:
    """`origins` names servers, each with what is loaded from it."""
    value = subject.value("origins")
    if isinstance(value, Unknown):
        return
    if (wrong := not_texts(value)) is not None:
        example = as_tuple("origins", value, "img https://tile.example.org")
        yield subject.problem("origins", f"origins is {wrong}", f"Write {example}.")
        return
    if len(texts(value)) > MOST:
        remedy = (
            "Name the servers that the pages load from, and put what can be there into assets/."
        )
        yield subject.problem("origins", f"origins has more than {MOST} servers", remedy)
    for text in texts(value):
        try:
            parse_origin(text)
        except NotAnOrigin as error:
            yield subject.problem("origins", f"An origin cannot be granted: {error}", error.remedy)
