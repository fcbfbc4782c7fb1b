"""A Content-Security-Policy without inline scripts, and the HTML that can live under it.

Reflex and React Router write scripts into the pages they prerender. `externalise` moves their
text into files of the same origin. docs/decisions/0004-csp.md says why each source is allowed.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

ASSETS = "assets"
"""Folder of the built front end whose files carry a digest in their names."""

_SOURCES: dict[str, str] = {
    "default-src": "'self'",
    # Reflex runs the text of `rx.call_script` and `rx.call_function` with eval().
    "script-src": "'self' 'unsafe-eval'",
    # Emotion writes style elements, and React style attributes, at run time.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "frame-ancestors": "'self'",
    "form-action": "'self'",
}

_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
_JAVASCRIPT = re.compile(r"""\btype="(?!module"|text/javascript"|application/javascript")""")


_NOTHING: Mapping[str, Iterable[str]] = MappingProxyType({})


def policy(*, framed: bool = True, more: Mapping[str, Iterable[str]] = _NOTHING) -> str:
    """The value of the Content-Security-Policy header, for every response.

    Args:
        framed: whether pages of the same origin may show this one in a frame.
        more: directive -> sources that are allowed besides; whoever gives them has checked them.
    """
    sources = _SOURCES if framed else {**_SOURCES, "frame-ancestors": "'none'"}
    for directive, added in more.items():
        allowed = sources.get(directive, sources["default-src"])
        sources = {**sources, directive: " ".join((allowed, *added))}
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items())


def externalise_folder(static: Path) -> None:
    """Move the inline scripts of every HTML file below `static` into its `assets` folder."""

    def write(text: str) -> str:
        data = text.encode()
        name = f"inline-{hashlib.sha256(data).hexdigest()[:16]}.js"
        (static / ASSETS / name).write_bytes(data)
        return f"/{ASSETS}/{name}"

    for page in static.rglob("*.html"):
        page.write_text(externalise(page.read_text("utf-8"), write), "utf-8")


def externalise(html: str, write: Callable[[str], str]) -> str:
    """The same page with every inline script loaded from a file.

    Scripts in the head keep their place and block rendering as before. Those of the body become
    one file at the place of the last one: React still finds each element that it rendered, now
    empty, and an empty script is none for a browser. Modules run after them, once the page is
    parsed; `async` would let a cached module run too early.

    Args:
        html: a page as the front end's build wrote it.
        write: stores a script's text, returns the URL it will have.
    """
    head, split, body = html.partition("</head>")
    return _each_alone(head, write) + split + _together(body, write)


def _inline(part: str) -> list[re.Match[str]]:
    return [match for match in _SCRIPT.finditer(part) if _is_inline_javascript(match)]


def _is_inline_javascript(match: re.Match[str]) -> bool:
    attributes = match["attributes"]
    return "src=" not in attributes and bool(match["text"]) and not _JAVASCRIPT.search(attributes)


def _is_module(match: re.Match[str]) -> bool:
    return 'type="module"' in match["attributes"]


def _loaded(match: re.Match[str], url: str) -> str:
    attributes = re.sub(r'\s+async(="[^"]*")?', "", match["attributes"])
    return f'<script{attributes} src="{url}"></script>'


def _each_alone(part: str, write: Callable[[str], str]) -> str:
    inline = {match.start(): match for match in _inline(part)}
    return _SCRIPT.sub(
        lambda found: _loaded(found, write(found["text"])) if found.start() in inline else found[0],
        part,
    )


def _together(part: str, write: Callable[[str], str]) -> str:
    scripts = [match for match in _inline(part) if not _is_module(match)]
    starts = [match.start() for match in scripts]
    url = write("\n;\n".join(match["text"] for match in scripts)) if scripts else ""

    def replace(found: re.Match[str]) -> str:
        if found.start() not in starts:
            alone = _is_inline_javascript(found)
            return _loaded(found, write(found["text"])) if alone else found[0]
        if found.start() == starts[-1]:
            return _loaded(found, url)
        return f"<script{found['attributes']}></script>"

    return _SCRIPT.sub(replace, part)
