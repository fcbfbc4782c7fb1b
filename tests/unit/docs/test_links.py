"""Links between the documents, and the files that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def anchors(text: str) -> set[str]:
    """Return the names that GitHub gives to the headings of a document."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path.read_text()), f"{target}#{anchor}"


FOLDERS = "|".join(
    sorted(path.name for path in (ROOT / "app").iterdir() if path.is_dir() and path.name[0] != "_")
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_are_there(document: Path) -> None:
    # The examples of rules begin with a comment: where such code would be.
    text = re.sub(r"^# app/.*$", "", document.read_text(), flags=re.MULTILINE)
    named = {
        *(
            ROOT / "app" / name
            for name in re.findall(rf"(?<![\w/.])(?:{FOLDERS})/[\w/]+\.\w+", text)
        ),
        *(ROOT / name for name in re.findall(r"(?<![\w/.])(?:app|tests)/[\w/]+\.\w+", text)),
        *(ROOT / "tests/production" / name for name in re.findall(r"`(doors/\w+\.py)`", text)),
    }
    assert [str(path) for path in named if not path.exists()] == []
