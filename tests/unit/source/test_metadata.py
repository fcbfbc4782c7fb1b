from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from app.source.app_source import read_source
from app.source.metadata import AppMetadata, parse_metadata, read_metadata

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp


def parse(text: str, app_id: str = "acme/floor_plan") -> AppMetadata:
    return parse_metadata(app_id, textwrap.dedent(text).encode())


FULL = """
    import reflex as rx
    from app import sdk

    def index(): ...

    class AppEntry(sdk.DynamicApp):
        name = "Acme / Floor plan"
        version: str = "1.2.0"
        url = "plans"
        description = ("Draws "
                       "plans")
        icon = "map"
        capabilities = ("documents:write", "files:read")
        pages = {
            "/": index,
            "/projects/[project_id]": sdk.Page(index, title="Project"),
        }

        @classmethod
        def upgrade(cls, state, values, previous):
            return values

    print("never runs")
"""


def test_literals_are_read_without_running_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    found = parse(FULL)
    assert (found.kind, found.name, found.version) == ("dynamic", "Acme / Floor plan", "1.2.0")
    assert (found.url, found.icon, found.description) == ("plans", "map", "Draws plans")
    assert found.capabilities == ("documents:write", "files:read")
    assert found.pages == ("/", "/projects/[project_id]")
    assert capsys.readouterr().out == ""


def test_every_attribute_has_its_line_in_the_file() -> None:
    found = parse(FULL)
    lines = textwrap.dedent(FULL).splitlines()
    assert lines[found.lines["AppEntry"] - 1] == "class AppEntry(sdk.DynamicApp):"
    assert lines[found.lines["icon"] - 1] == '    icon = "map"'
    assert "project_id" in lines[found.lines["pages:/projects/[project_id]"] - 1]
    assert lines[found.lines["upgrade"] - 1].strip().startswith("def upgrade")
    assert found.line("processes") == found.lines["AppEntry"]


def test_what_is_not_given_has_its_default() -> None:
    found = parse("class AppEntry(StaticApp):\n    name = 'x'\n")
    assert (found.kind, found.url, found.description) == ("static", "acme-floor-plan", "")
    assert (found.capabilities, found.pages, found.version) == ((), None, None)


def test_what_is_not_a_literal_is_unknown() -> None:
    found = parse("""
        class AppEntry(Base):
            name = TITLE
            url = f"{PREFIX}-x"
            pages = {"/": index, **more}
            capabilities = CAPABILITIES
    """)
    assert (found.kind, found.name, found.url, found.pages) == (None, None, None, None)
    assert found.capabilities is None
    assert found.has_entry


@pytest.mark.parametrize(
    "text",
    [
        '"""\nclass AppEntry(StaticApp): in a docstring\n"""\n',
        "class AppEntry(StaticApp):\n    name = 'first'\n",
    ],
)
def test_the_class_that_counts_is_found_beside_its_lookalikes(text: str) -> None:
    found = parse(text + "class AppEntry(DynamicApp):\n    name = 'last'\n")
    assert (found.kind, found.name) == ("dynamic", "last")


def test_strings_and_brackets_at_the_left_margin_do_not_end_the_class() -> None:
    text = (
        'class AppEntry(\n    DynamicApp,\n):\n    """It\ncounts."""\n'
        '    pages = {\n"/": index,\n}\n    name = "x"\n\nafter = 1\n'
    )
    found = parse_metadata("acme/x", text.encode())
    assert (found.name, found.pages, found.lines["name"]) == ("x", ("/",), 9)


@pytest.mark.parametrize("content", [b"", b"class AppEntry(:", b"\xff\xfe\x00", b"x = 1\0"])
def test_a_file_without_a_readable_class_gives_unknown_metadata(content: bytes) -> None:
    found = parse_metadata("acme/x", content)
    assert not found.has_entry
    assert found.name is None


def test_line_ends_of_windows_do_not_move_lines() -> None:
    found = parse_metadata(
        "acme/x", b"import x\r\n\r\nclass AppEntry(DynamicApp):\r\n  name='x'\r\n"
    )
    assert (found.lines["AppEntry"], found.lines["name"]) == (3, 4)


def test_an_app_without_entry_has_unknown_metadata(write_app: WriteApp) -> None:
    found = read_metadata(read_source(write_app(files={"x.py": "x = 1"})))
    assert (found.has_entry, found.url) == (False, "acme-counter")
