"""Rules about the files that an AppEntry names: icon, stylesheets, the root of a StaticApp."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from app.rules.entry.icons import close_names, lucide_name
from app.rules.entry.subject import Subject, Unknown, not_texts, texts, type_of
from app.source.problems import Problem


def icon_exists(subject: Subject) -> Iterator[Problem]:
    """`icon` is a Lucide name or a file in assets/."""
    value = subject.value("icon")
    if isinstance(value, Unknown):
        return
    if not isinstance(value, str):
        yield subject.problem(
            "icon", f"icon is {type_of(value)}, not a string", 'Write icon = "calculator".'
        )
    elif f"assets/{value}" in subject.source.by_path or lucide_name(value) is not None:
        return
    elif "." in value or "/" in value:
        yield subject.problem(
            "icon",
            f'icon "{value}" is not in assets/',
            _nearest_asset(subject, value) or f"Add assets/{value} or use a Lucide name.",
        )
    else:
        close = " or ".join(f'"{name}"' for name in close_names(value))
        yield subject.problem(
            "icon",
            f'icon "{value}" is not a Lucide icon',
            f"Did you mean {close}?" if close else "Choose a name from https://lucide.dev/icons.",
        )


def stylesheets_are_assets(subject: Subject) -> Iterator[Problem]:
    """`stylesheets` names CSS files in assets/."""
    value = subject.value("stylesheets")
    if isinstance(value, Unknown) or subject.kind == "static":
        return
    wrong = not_texts(value)
    if wrong:
        yield subject.problem("stylesheets", f"stylesheets is {wrong}", 'Write ("style.css",).')
        return
    for name in texts(value):
        if f"assets/{name}" not in subject.source.by_path:
            remedy = _nearest_asset(subject, name) or f"Add assets/{name}."
            yield subject.problem("stylesheets", f'stylesheet "{name}" is not in assets/', remedy)
        elif not name.endswith(".css"):
            yield subject.problem(
                "stylesheets", f'stylesheet "{name}" is not a .css file', "Name a CSS file."
            )


def static_root_has_index(subject: Subject) -> Iterator[Problem]:
    """The root of a StaticApp is a folder of the app with an index.html."""
    if subject.kind != "static":
        return
    value = subject.value("root")
    if value is Unknown.NOT_LITERAL:
        return
    root = "dist" if value is Unknown.NOT_GIVEN else value
    if not isinstance(root, str) or not root.strip("/.") or ".." in root.split("/"):
        yield subject.problem(
            "root", "root does not name a folder of the app", 'Write root = "dist".'
        )
    elif f"{root.strip('/')}/index.html" not in subject.source.by_path:
        found = [p for p in subject.source.by_path if p.endswith("/index.html")]
        there = f'Write root = "{found[0].removesuffix("/index.html")}".' if found else ""
        yield subject.problem(
            "root",
            f"root {root} has no index.html",
            there or f"Build the single page app into {root}/ before.",
        )


def _nearest_asset(subject: Subject, name: str) -> str | None:
    assets = [file.path.relative_to("assets").as_posix() for file in subject.source.assets()]
    close = difflib.get_close_matches(name.removeprefix("assets/"), assets, n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else None
