"""Origins: other servers that the pages of an app may load from, by what they load.

An app asks for each as a text such as "img https://tile.example.org". It is granted like a
capability, under exactly this text, and becomes a source in the policy of the app's documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MOST = 100
"""Origins that a version may ask for."""

LONGEST = 280
"""Characters of one: a kind, a scheme, a name of 253 characters, a port."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be loaded from elsewhere.

    Attributes:
        directive: of a Content-Security-Policy.
        meaning: what is granted, to follow "may", with {address}.
        risk: what there is to think of, in sentences, with {address}.
    """

    directive: str
    meaning: str
    risk: str = ""


_SEEN = "Whoever runs {address} learns who opens the app, when, and from which network."
_SCRIPTS = (
    " Whoever runs {address}, or breaks into it, decides from then on what these pages do, without"
    " a new version and without anybody here being asked: they can read everything that people see"
    " and type in the app, and act in their names. Grant it only if you trust them with everything"
    " that the people who open the app may do."
)
_STYLES = (
    " Style sheets of others can hide and cover what the pages show, and tell them a part of it."
)
_SENT = " What people see and type in the app can be sent there."
_FRAMES = " What such a page shows looks like a part of the app, although others made it."


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "connect": Kind(
            "connect-src",
            "send data from its pages to {address}, and read what that answers",
            _SEEN + _SENT,
        ),
        "font": Kind("font-src", "load fonts from {address}", _SEEN),
        "frame": Kind("frame-src", "show pages of {address} in frames", _SEEN + _FRAMES),
        "img": Kind("img-src", "show images from {address}", _SEEN),
        "media": Kind("media-src", "play sound and video from {address}", _SEEN),
        "script": Kind("script-src", "run scripts from {address} in its pages", _SEEN + _SCRIPTS),
        "style": Kind("style-src", "load style sheets from {address}", _SEEN + _STYLES),
    }
)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"(?P<scheme>[a-z]+)://(?P<wild>\*\.)?(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>\d{{1,5}}))?"
)
_PORT = (
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
_HOST = rf"({_LABEL}(\.{_LABEL})*|\*\.({_LABEL}\.)+[a-z]{{2,63}})"
GRANTABLE = "|".join(
    rf"^{kind} {schemes}://{_HOST}{_PORT}$"
    for kind, schemes in ((kind, "(https|wss)" if kind == "connect" else "https") for kind in KINDS)
)
"""What can be granted of origins, for those who check by pattern; all of it is parsed, too."""
_NUMBERS = re.compile(r"[0-9.]+")
_SECURE = {"https", "wss"}
_SOCKETS = {"ws", "wss"}


class NotAnOrigin(ValueError):
    """A text is no origin that an app may ask for.

    Attributes:
        remedy: what to write instead.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Origin:
    """One server, and what is loaded from it.

    Attributes:
        kind: one of `KINDS`.
        address: a source of a policy, such as "https://tile.example.org".
        is_secure: whether what it sends cannot be changed on the way.
    """

    kind: str
    address: str
    is_secure: bool

    @property
    def meaning(self) -> str:
        """What is granted with it, to follow "may" in a sentence."""
        return KINDS[self.kind].meaning.format(address=self.address)

    @property
    def risk(self) -> str:
        """What whoever grants it should think of, in sentences."""
        return KINDS[self.kind].risk.format(address=self.address)


def is_origin(asked: str) -> bool:
    """Tell whether what an app asks for is meant to be an origin; capabilities have no blanks."""
    return " " in asked


def parse_origin(text: str) -> Origin:
    """Return the origin that a text names.

    Without TLS there are only servers on the machine of whoever looks, for development.

    Raises:
        NotAnOrigin: it names none, or one that no app may have.
    """
    kind, _, address = text.partition(" ")
    if kind not in KINDS or not address:
        raise NotAnOrigin(
            f'"{text[:80]}" does not begin with what is loaded',
            f"Write one of {', '.join(KINDS)}, a blank and the server:"
            ' "img https://tile.example.org".',
        )
    found = _ADDRESS.fullmatch(address) if len(text) <= LONGEST else None
    if found is None:
        raise NotAnOrigin(f'"{address[:80]}" is not the address of a server', _corrected(text))
    _check_scheme(kind, found["scheme"], found["host"], address)
    if found["port"] and not 1 <= int(found["port"]) <= 65_535:
        raise NotAnOrigin(f"there is no port {found['port']}", "Write a port from 1 to 65535.")
    if found["wild"] and ("." not in found["host"] or _NUMBERS.fullmatch(found["host"])):
        raise NotAnOrigin(
            f'"{address}" stands for servers of too many owners',
            f'Name a domain of one owner: "{kind} https://*.example.org".',
        )
    return Origin(kind, address, found["scheme"] in _SECURE)


def sources(origins: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return what is to be added to a policy: directive -> addresses, in order.

    What is no origin is left out: a policy is no place for a text that nobody checked.
    """
    found: dict[str, list[str]] = {}
    for text in sorted(set(origins)):
        try:
            origin = parse_origin(text)
        except NotAnOrigin:
            continue
        found.setdefault(KINDS[origin.kind].directive, []).append(origin.address)
    return {directive: tuple(addresses) for directive, addresses in found.items()}


def _check_scheme(kind: str, scheme: str, host: str, address: str) -> None:
    allowed = {"https", "http"} | (_SOCKETS if kind == "connect" else set())
    if scheme not in allowed:
        also = ' or "wss://"' if kind == "connect" else ""
        raise NotAnOrigin(
            f'"{address}" has a scheme that is not for {kind}', f'Begin with "https://"{also}.'
        )
    is_here = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if scheme not in _SECURE and not is_here:
        raise NotAnOrigin(
            f'"{address}" is not protected on its way',
            f'Write "{kind} {scheme}s{address.removeprefix(scheme)}".',
        )


def _corrected(text: str) -> str:
    """Return what to write in place of an address that has more than a server in it."""
    kind, _, address = text.strip().lower().partition(" ")
    scheme, found, rest = address.strip().partition("://")
    host = re.split(r"[/?#\s;,'\"]", rest if found else address, maxsplit=1)[0].rpartition("@")[2]
    secure = "wss" if (kind, scheme) == ("connect", "wss") else "https"
    server = f"{secure}://{host}"
    if not _ADDRESS.fullmatch(server) or len(server) > LONGEST or "." not in host:
        server = "https://tile.example.org"
    return (
        f'Write scheme and name, and a port if it needs one: "{kind} {server}". A path cannot be'
        " named."
    )
