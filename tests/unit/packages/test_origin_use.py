"""Addresses in an app's text that its pages load from, and does not declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.packages.origin_use import undeclared_origins
from app.source.app_source import read_source
from tests.unit.packages.archives import ENTRY, source_of


def wanted(code: str, *declared: str) -> list[str]:
    """Return the origins that a module needs and are not declared."""
    source = source_of({"a.py": f"import reflex as rx\n{code}\n".encode()})
    found = undeclared_origins(source, declared)
    assert all(problem.severity == "warning" for problem in found)
    return [problem.remedy.partition('"')[2].partition('"')[0] for problem in found]


@pytest.mark.parametrize(
    ("code", "origin"),
    [
        ("rx.image(src='https://a.org/1.png')", "img https://a.org"),
        ("rx.image(src='https://A.org')", "img https://a.org"),
        ("rx.el.img(src='https://a.org:8443/1.png')", "img https://a.org:8443"),
        ("rx.avatar(src='https://a.org/1.png')", "img https://a.org"),
        ("rx.el.iframe(src='https://a.org/embed')", "frame https://a.org"),
        ("rx.video(src='https://a.org/1.mp4')", "media https://a.org"),
        ("rx.audio(src=['https://a.org/1.mp3'])", "media https://a.org"),
        ("rx.el.source(src_set='https://a.org/1.webp')", "img https://a.org"),
        ("rx.script(src='https://a.org/1.js')", "script https://a.org"),
        ("rx.script('fetch(\"https://a.org/x\")')", "connect https://a.org"),
        ("rx.call_script('new WebSocket(\"wss://a.org/x\")')", "connect wss://a.org"),
        ("rx.call_script('import(`https://a.org/x.js`)')", "script https://a.org"),
        ("rx.call_script(f'fetch(\"https://a.org/{1}\")')", "connect https://a.org"),
        ("rx.el.link(rel='stylesheet', href='https://a.org/x.css')", "style https://a.org"),
        ("rx.box(background_image='url(https://a.org/1.png)')", "img https://a.org"),
        ("rx.box(style={'background': 'url(\"https://a.org/1.png\")'})", "img https://a.org"),
        ("rx.html('<p><img src=\"https://a.org/1.png\"></p>')", "img https://a.org"),
        ("rx.markdown('![a](https://a.org/1.png)')", "img https://a.org"),
        ("rx.image(src=f'https://a.org/{1}/2.png')", "img https://a.org"),
        ("rx.image(src=rx.cond(True, 'https://a.org/1', '/2'))", "img https://a.org"),
        ("A = 'https://a.org/1'\ndef f():\n return rx.image(src=A)", "img https://a.org"),
        ("from reflex import el as e\ne.img(src='https://a.org')", "img https://a.org"),
    ],
)
def test_an_address_is_found_where_a_page_loads_it(code: str, origin: str) -> None:
    assert wanted(code) == [origin]
    assert wanted(code, origin) == []


@pytest.mark.parametrize(
    "code",
    [
        "rx.link('To', href='https://a.org')",
        "rx.el.a('To', href='https://a.org')",
        "rx.text('https://a.org/1.png')",
        "rx.image(src='/1.png', alt='https://a.org')",
        "rx.image(src=f'https://{1}.a.org/2')",
        "rx.image(src=f'https://tile{1}.a.org/2')",
        "rx.redirect('https://a.org')",
        "rx.el.link(rel='author', href='https://a.org')",
        "def image(src): pass\nimage(src='https://a.org')",
        "rx.markdown('[a](https://a.org)')",
        "rx.box(rx.link('To', href='https://a.org'))",
    ],
)
def test_other_addresses_are_nobodys_business(code: str) -> None:
    assert wanted(code) == []


def test_a_declared_domain_covers_its_servers_and_no_other() -> None:
    code = "rx.image(src='https://a.tile.org/1')\nrx.image(src='https://tile.org/1')"
    assert wanted(code, "img https://*.tile.org") == ["img https://tile.org"]
    assert wanted(code, "frame https://*.tile.org", "img https://tile.org") == [
        "img https://a.tile.org"
    ]


def test_each_is_told_once_a_file_with_its_first_line() -> None:
    code = (
        b"import reflex as rx\nrx.image(src='https://a.org/1')\nrx.image(src='https://a.org/2')\n"
    )
    [problem] = undeclared_origins(source_of({"a.py": code, "b.py": b"broken ("}), ())
    assert (problem.file, problem.line, problem.rule) == ("a.py", 2, "origin-undeclared")


def test_what_no_app_may_load_from_is_told_with_what_to_do() -> None:
    source = source_of({"a.py": b"import reflex as rx\nrx.image(src='http://a.org/1')\n"})
    [problem] = undeclared_origins(source, ())
    assert "is not protected on its way" in problem.remedy
    assert "https://a.org" in problem.remedy


@pytest.mark.parametrize(
    ("name", "text", "origins"),
    [
        ("assets/a.css", "@import url(https://a.org/x.css);", ["style https://a.org"]),
        ("assets/a.css", "@import 'https://a.org/x.css';", ["style https://a.org"]),
        ("assets/a.css", "p {}\nb { background: url(https://a.org/1.png) }", ["img https://a.org"]),
        ("assets/a.css", "src: url('https://a.org/1.woff2')", ["font https://a.org"]),
        ("assets/a.js", "fetch('https://a.org/x')", ["connect https://a.org"]),
        ("assets/a.js", "const docs = 'https://a.org/x'", []),
        ("dist/index.html", "<script async src=https://a.org/x.js>", ["script https://a.org"]),
        (
            "dist/index.html",
            "<link href='https://a.org/x.css' rel=stylesheet><link rel=author href=https://b.org>",
            ["style https://a.org"],
        ),
        ("dist/index.html", "<a href=https://a.org><p>https://a.org", []),
        ("notes.txt", "fetch('https://a.org/x')", []),
    ],
)
def test_files_for_browsers_are_looked_through(
    name: str, text: str, origins: list[str], tmp_path: Path
) -> None:
    app = tmp_path / "acme" / "counter"
    for path, content in (("entry.py", ENTRY.decode()), (name, text)):
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text(content)
    found = undeclared_origins(read_source(app), ())
    assert [p.remedy.partition('"')[2].partition('"')[0] for p in found] == origins
    assert {(p.file, p.line) for p in found} <= {(name, text.count("\n") + 1)}
    assert undeclared_origins(read_source(app), origins) == ()
