from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.files import FileInfo, safe_name
from app.core.files.model import checked_content_type
from app.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("plan.pdf", "plan.pdf"),
        ("Grundriss Küche (2).pdf", "Grundriss Küche (2).pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ada\plan.pdf", "plan.pdf"),
        ("a/", "file"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        (" a\n\tb .txt ", "a b .txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("console.txt", "console.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b.txt", "ab.txt"),
        ("cafe\u0301", "caf\u00e9"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("ü" * 300, "ü" * 127),
        ("a." + "x" * 300, "a." + "x" * 253),
    ],
)
def test_names_are_made_safe(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


_odd = st.text(st.sampled_from('./\\ \n\x00<>:"|?*\u202eé🏠aconul1.')) | st.text()


@given(_odd)
@example("con .txt")
@example("." * 300 + "a")
@example("x" * 254 + " .")
@example("x" * 251 + "  .pdf")
@example("con." + "x" * 300)
def test_any_name_is_made_safe_for_every_system(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= 255
    assert not set(safe) & set('/\\<>:"|?*')
    assert not any(unicodedata.category(character)[0] == "C" for character in safe)
    assert safe == safe.strip(" .")
    assert safe.split(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}


@given(_odd)
@example("0 \x1b\r0")
@example("e\x1b\u0301")
@example("x" * 250 + " . .pdf")
@settings(max_examples=500)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)


@given(_odd)
def test_the_url_is_one_path_that_holds_id_and_name(name: str) -> None:
    safe = safe_name(name)
    info = FileInfo("abc", safe, 1, "0" * 64, "text/plain", datetime(2026, 1, 1, tzinfo=UTC))
    assert info.url.isascii()
    assert [unquote(part) for part in info.url.split("/")] == ["", "files", "abc", safe]


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("plan.pdf", "application/pdf"),
        ("rooms.XML", "text/xml"),
        ("a.unknown", "application/octet-stream"),
        ("file", "application/octet-stream"),
    ],
)
def test_the_extension_suggests_the_content_type(name: str, content_type: str) -> None:
    assert checked_content_type(None, name) == content_type


def test_a_content_type_that_is_given_is_taken() -> None:
    assert checked_content_type("text/csv; charset=utf-8", "a.pdf") == "text/csv; charset=utf-8"


@pytest.mark.parametrize("value", ["", "text", "text/plain\r\nX-Evil: 1", "a/b;", "x/" + "y" * 260])
def test_what_is_no_content_type_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="content type"):
        checked_content_type(value, "a.txt")
