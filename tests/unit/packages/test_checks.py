from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import pytest

from app.packages.checks import Findings, Server, check_package, contradictions
from app.packages.manifest import parse_manifest
from app.packages.pack import Facts
from app.packages.signing import Signature, Verdict
from app.rules.installed import look
from tests.support.packages import MODULE, Packages
from tests.unit.packages.archives import ENTRY, manifest, source_of

SERVER = Server(taken_urls={}, has_library=lambda _: True, version="0.1.5")
TRUSTED = Signature(Verdict.TRUSTED, "ab", "Ada")
FACTS = Facts("dynamic", "Acme / Counter", "1.0.0", "acme-counter", "", "box", (), ("/",), ())


def found(
    entry: bytes = ENTRY,
    signature: Signature = TRUSTED,
    server: Server = SERVER,
    **changes: Any,
) -> Findings:
    """Findings about a package whose manifest says something else."""
    files = {"entry.py": entry}
    read = parse_manifest(manifest(files, **changes), "package")
    return check_package(read, source_of(files), signature, server)


def messages(findings: Findings) -> str:
    """All messages of the problems."""
    return "\n".join(problem.message for problem in findings.problems)


def test_sound_package_has_no_findings() -> None:
    assert found() == Findings((), ())


def test_a_package_for_another_version_than_runs_waits_for_a_restart(packages: Packages) -> None:
    packages.install("1.0")
    entry = f"import {MODULE}\n".encode() + ENTRY
    look()
    importlib.import_module(MODULE)
    assert found(entry) == Findings((), ())
    packages.install("2.0")
    [problem] = found(entry).problems
    assert "2.0 is installed, but this server runs" in problem.message
    assert problem.remedy.startswith("Restart the server")


def test_everything_is_found_at_once() -> None:
    entry = b"import client_apps.globex.x\n" + ENTRY
    server = replace(SERVER, taken_urls={"acme-counter": "globex/x"}, has_library=lambda _: False)
    text = messages(
        found(
            entry + b"    x = documents.get\n",
            Signature(Verdict.UNSIGNED),
            server,
            graft=">=2",
            distributions=["no-such-thing"],
            libraries=["three"],
            capabilities=["fly"],
        )
    )
    for part in (
        "not trusted: not signed",
        "needs Graft >=2; this is 0.1.5",
        "distribution no-such-thing",
        '"three", which is not in the front end',
        '"fly", which is not a capability',
        "client_apps.globex.x",
        "globex/x both have the url",
    ):
        assert part in text


@pytest.mark.parametrize("version", ["0.1.0", "0.1.99", "0.1.0.dev3+local", "0.2.0rc1"])
def test_version_in_the_range_is_accepted(version: str) -> None:
    graft = ">=0.1.dev0,<0.3"
    assert found(graft=graft, server=replace(SERVER, version=version)).problems == ()


def test_unsigned_package_is_a_warning_where_that_is_allowed() -> None:
    allowing = replace(SERVER, allow_unsigned=True)
    for verdict in (Verdict.UNSIGNED, Verdict.UNKNOWN_KEY):
        signature = Signature(verdict, "abc")
        assert len(found(signature=signature).problems) == 1
        findings = found(signature=signature, server=allowing)
        assert findings.problems == ()
        assert "not trusted" in findings.warnings[0].message


def test_bad_signature_is_never_allowed() -> None:
    allowing = replace(SERVER, allow_unsigned=True)
    findings = found(signature=Signature(Verdict.BAD_SIGNATURE), server=allowing)
    assert "does not match the package" in messages(findings)
    assert "was changed after it was signed" in findings.problems[0].remedy


def test_url_that_only_the_manifest_tells_must_be_free_too() -> None:
    entry = ENTRY + b'    url = "-".join(("acme", "counter"))\n'
    server = replace(SERVER, taken_urls={"acme-counter": "globex/x"})
    assert 'has the url "acme-counter" of globex/x' in messages(found(entry, server=server))
    own = replace(SERVER, taken_urls={"acme-counter": "acme/counter"})
    assert found(entry, server=own).problems == ()


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        ("img *", "is not the address of a server"),
        ("img http://localhost:8080", "is there in development mode only"),
        ("script 'unsafe-inline'", "is not the address of a server"),
    ],
)
def test_an_origin_that_no_app_may_have_is_a_problem(origin: str, why: str) -> None:
    assert found(origins=["img https://tile.example.org"]).problems == ()
    assert why in messages(found(origins=[origin]))


def test_origins_of_the_manifest_are_those_of_the_app() -> None:
    files = {"entry.py": ENTRY}
    read = parse_manifest(manifest(files, origins=["img https://a.org"]), "package")
    [problem] = contradictions(read, FACTS)
    assert "origins" in problem.message
    assert contradictions(read, replace(FACTS, origins=("img https://a.org",))) == ()


def test_a_package_from_before_there_were_origins_has_none() -> None:
    written = manifest({"entry.py": ENTRY})
    assert b"origins" not in written
    assert parse_manifest(written, "package").origins == ()


def test_capability_that_is_used_and_not_declared_is_a_problem() -> None:
    entry = b"from app.core import documents\n" + ENTRY
    entry += b"    read = documents.get\n"
    assert '"documents:read" is used' in messages(found(entry))
    declared = entry + b'    capabilities = ("documents:read",)\n'
    assert found(declared, capabilities=["documents:read"]).problems == ()


def test_manifest_that_fits_the_loaded_app_is_not_contradicted() -> None:
    read = parse_manifest(manifest(), "package")
    assert contradictions(read, FACTS) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "static"),
        ("name", "Other"),
        ("version", "2"),
        ("url", "other"),
        ("description", "d"),
        ("icon", "plus"),
        ("capabilities", ("network",)),
        ("pages", ("/", "/x")),
    ],
)
def test_manifest_that_says_otherwise_is_contradicted(field: str, value: Any) -> None:
    read = parse_manifest(manifest(), "package")
    (problem,) = contradictions(read, replace(FACTS, **{field: value}))
    assert f"says {field}" in problem.message
