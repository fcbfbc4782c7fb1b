"""Checks: everything that can be said of a package without running it, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet

import app
from app.kernel.capabilities import CAPABILITIES
from app.kernel.origins import NotAnOrigin, parse_origin
from app.packages.capability_use import undeclared
from app.packages.distributions import is_installed
from app.packages.manifest import MANIFEST_FILE, Manifest
from app.packages.origin_use import undeclared_origins
from app.packages.pack import Facts
from app.packages.signing import SIGNATURE_FILE, Signature, Verdict
from app.rules.entry.validate import validate_entry, validate_imports
from app.rules.imports import imported_in_another_version
from app.source.app_source import AppSource
from app.source.metadata import read_metadata
from app.source.problems import Problem, errors_in, warnings_in

_REPACK = "Build the package again with: python -m app package {}"


@dataclass(frozen=True)
class Server:
    """What packages are judged against.

    Attributes:
        taken_urls: url -> id of the apps that have one; an app's own may be among them.
        has_library: whether the front end was built with a JavaScript module.
        allow_unsigned: whether packages are taken that no trusted key signed.
        version: this server's version of Graft.
    """

    taken_urls: Mapping[str, str]
    has_library: Callable[[str], bool]
    allow_unsigned: bool = False
    version: str = app.__version__


@dataclass(frozen=True)
class Findings:
    """What was found: `problems` refuse the package, `warnings` are for whoever promotes it."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_package(
    manifest: Manifest, source: AppSource, signature: Signature, server: Server
) -> Findings:
    """Judge a package by its manifest, its files and its signature."""
    metadata = read_metadata(source)
    refused, tolerated = _signature(manifest, signature, server)
    missing, unsure = undeclared(source, manifest.capabilities)
    entry = validate_entry(source, metadata, None, taken_urls=server.taken_urls)
    problems = [
        *refused,
        *_needs(manifest, server),
        *validate_imports(source),
        *imported_in_another_version(source),
        *entry,
        *missing,
        *unsure,
        *undeclared_origins(source, manifest.origins),
    ]
    if not entry:
        problems += _url(manifest, server)
    return Findings(errors_in(problems), (*tolerated, *warnings_in(problems)))


def contradictions(manifest: Manifest, facts: Facts) -> tuple[Problem, ...]:
    """Where the loaded app is another one than its manifest says.

    An admin grants and compares what the manifest says, so it has to be true.
    """
    said: dict[str, tuple[str | tuple[str, ...], str | tuple[str, ...]]] = {
        "kind": (manifest.kind, facts.kind),
        "name": (manifest.name, facts.name.strip()),
        "version": (manifest.version, facts.version),
        "url": (manifest.url, facts.url),
        "description": (manifest.description, facts.description),
        "icon": (manifest.icon, facts.icon),
        "capabilities": (manifest.capabilities, tuple(sorted(set(facts.capabilities)))),
        "origins": (manifest.origins, tuple(sorted(set(facts.origins)))),
        "pages": (manifest.pages, tuple(sorted(set(facts.pages)))),
    }
    return tuple(
        _problem(
            manifest,
            f"says {field} {_quoted(written)}, the app itself {_quoted(true)}",
            _REPACK.format(manifest.id),
        )
        for field, (written, true) in said.items()
        if written != true
    )


def _signature(
    manifest: Manifest, signature: Signature, server: Server
) -> tuple[list[Problem], list[Problem]]:
    """Problems and warnings of the signature."""
    if signature.verdict is Verdict.TRUSTED:
        return [], []
    remedy = {
        Verdict.UNSIGNED: "Sign it: python -m app package … --key FILE, with a key that is listed"
        " in the server's GRAFT_TRUSTED_KEYS.",
        Verdict.UNKNOWN_KEY: "Sign it with a trusted key, or have the operator add this one to"
        " GRAFT_TRUSTED_KEYS.",
    }.get(
        signature.verdict,
        "The package was changed after it was signed: get it from its author again.",
    )
    message = f"The package is not trusted: {signature}"
    found = Problem(manifest.id, "package", SIGNATURE_FILE, None, message, remedy)
    tolerated = server.allow_unsigned and signature.verdict is not Verdict.BAD_SIGNATURE
    return ([], [found]) if tolerated else ([found], [])


def _needs(manifest: Manifest, server: Server) -> Iterator[Problem]:
    """What the package needs and this server does not have."""
    if not SpecifierSet(manifest.graft).contains(server.version, prereleases=True):
        yield _problem(
            manifest,
            f"needs Graft {manifest.graft}; this is {server.version}",
            "Make the package with the version of Graft that runs on the server.",
        )
    for distribution in manifest.distributions:
        if not is_installed(distribution):
            yield _problem(
                manifest,
                f"needs the Python distribution {distribution}, which is not installed here",
                "Pin it in requirements.txt and deploy a release with it, or stop using it.",
            )
    for library in manifest.libraries:
        if not server.has_library(library):
            yield _problem(
                manifest,
                f'needs the JavaScript library "{library}", which is not in the front end\'s build',
                f'Add "{library}" to frontend_packages in rxconfig.py and build a release.',
            )
    for capability in manifest.capabilities:
        if capability not in CAPABILITIES:
            yield _problem(
                manifest,
                f'asks for "{capability}", which is not a capability in this version of Graft',
                f"Capabilities are {', '.join(sorted(CAPABILITIES))}.",
            )

    yield from _origins(manifest)


def _origins(manifest: Manifest) -> Iterator[Problem]:
    for text in manifest.origins:
        try:
            origin = parse_origin(text)
        except NotAnOrigin as error:
            yield _problem(
                manifest, f"asks for an origin that no app may have: {error}", error.remedy
            )
            continue
        if not origin.is_secure:
            yield _problem(
                manifest,
                f'asks for "{text}", which is there in development mode only',
                "Name a server with https:// or wss:// instead.",
            )


def _url(manifest: Manifest, server: Server) -> Iterator[Problem]:
    """The manifest's url is taken, and entry.py does not tell because its url is no literal."""
    other = server.taken_urls.get(manifest.url)
    if other is not None and other != manifest.id:
        yield _problem(
            manifest,
            f'has the url "{manifest.url}" of {other}',
            "Give one of the two apps another url.",
        )


def _quoted(value: str | tuple[str, ...]) -> str:
    return f'"{value if isinstance(value, str) else ", ".join(value)}"'


def _problem(manifest: Manifest, message: str, remedy: str) -> Problem:
    return Problem(
        manifest.id, "package", MANIFEST_FILE, None, f"{MANIFEST_FILE} {message}", remedy
    )
