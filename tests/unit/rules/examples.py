"""The examples of docs/rules.md: what they say, and how they change a small checkout."""

from __future__ import annotations

import ast
import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "rules.md"

_FENCED = r"```(\w+)\n(.*?)```\n"
_SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"(?:#|/\*|<!--) ([\w/.]+)(?:, (in|before) AppEntry)?(?: \*/| -->)?\n")


@dataclass(frozen=True)
class Entry:
    """What docs/rules.md says of a rule: the sentence, whether it is a warning, the examples."""

    id: str
    title: str
    warning: bool
    bad: tuple[tuple[str, str], ...]
    good: tuple[tuple[str, str], ...]


def apply(blocks: tuple[tuple[str, str], ...], tree: Path) -> None:
    """Change a checkout as an example says."""
    for language, text in blocks:
        if language == "sh":
            subprocess.run(["sh", "-ec", text], cwd=tree, check=True, capture_output=True)
            continue
        place = _PLACE.match(text)
        assert place is not None, text
        path, where, rest = tree / place[1], place[2], text[place.end() :]
        path.parent.mkdir(parents=True, exist_ok=True)
        if where is not None:
            path.write_text(_changed(path.read_text(), rest, where))
        elif path.name == "__init__.py":
            path.write_text(path.read_text() + rest)
        else:
            # The floors are packages here: a module of the same name would be hidden by it.
            folder = path.with_suffix("")
            path = folder / "__init__.py" if folder.is_dir() else path
            path.write_text(rest)


def _changed(entry: str, part: str, where: str) -> str:
    """An entry.py with a part before its class, or in it, in place of what had the same names."""
    if where == "before":
        return entry.replace("class AppEntry", f"{part}\n\nclass AppEntry")
    names = {name for line in ast.parse(part).body for name in _assigned(line)}
    for name in names:
        entry = re.sub(rf"^    {name} = .*\n", "", entry, flags=re.MULTILINE)
    return entry + textwrap.indent(part, "    ")


def _assigned(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _entries() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for id, text in _SECTION.findall(DOCS.read_text()):
        told, _, examples = text.partition("\nBad:\n")
        bad, _, good = examples.partition("\nGood:\n")
        title, warning, _ = told.strip().split("\n")[0].partition(" (Warning.)")
        assert id not in found, id
        found[id] = Entry(id, title, bool(warning), _blocks(bad), _blocks(good))
    return found


def _blocks(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(re.findall(_FENCED, text, re.DOTALL))


def _base() -> dict[str, str]:
    """The app that the examples change."""
    section = DOCS.read_text().partition("## The app in the examples")[2]
    _, text = re.findall(_FENCED, section, re.DOTALL)[0]
    place = _PLACE.match(text)
    assert place is not None
    return {place[1]: text[place.end() :]}


BASE = _base()
ENTRIES = _entries()
