from __future__ import annotations

import pytest

from app.packages.capability_use import capability_uses, undeclared
from tests.unit.packages.archives import ENTRY, source_of


def used(code: str) -> list[tuple[str, int]]:
    """Capabilities and lines that a module uses."""
    source = source_of({"a.py": code.encode()})
    return [(use.capability, use.line) for use in capability_uses(source)]


@pytest.mark.parametrize(
    ("code", "capability"),
    [
        ("from app.core import documents\nawait documents.get(1)", "documents:read"),
        ("from app.core import documents as d\nd.save", "documents:write"),
        ("from app.core.documents import create as new\nnew()", "documents:write"),
        ("import app.core.files\napp.core.files.open(1)", "files:read"),
        ("import app.core.files as f\nf.delete(1)", "files:write"),
        ("from app.sdk import broadcast\nbroadcast(1)", "broadcast"),
        ("import app.sdk as sdk\nsdk.broadcast(1)", "broadcast"),
        ("from app.sdk import presence\nawait presence.join('a')", "broadcast"),
        ("from app.sdk import Process\nclass Clock(Process): pass", "processes"),
    ],
)
def test_use_is_found_however_it_is_imported(code: str, capability: str) -> None:
    assert used(f"async def f():\n {code.replace(chr(10), chr(10) + ' ')}") == [(capability, 3)]


@pytest.mark.parametrize(
    "code",
    [
        "from app.core import documents\ndocuments.topic('a')\ndocuments.Conflict",
        "from .documents import get\nget()",
        "documents = {}\ndocuments.get(1)",
        "def save(): pass\nsave()",
        "import asyncio, json\nasyncio.run(json.loads)",
        "this is not Python",
    ],
)
def test_other_names_are_no_use(code: str) -> None:
    assert used(code) == []


def test_processes_of_the_entry_are_a_use() -> None:
    entry = ENTRY + b"    processes = (Clock,)\n"
    assert [u.capability for u in capability_uses(source_of({"entry.py": entry}))] == ["processes"]
    entry = ENTRY + b"    processes = ()\n"
    assert list(capability_uses(source_of({"entry.py": entry}))) == []


def test_what_is_not_declared_is_a_problem_at_its_first_line() -> None:
    code = b"from app.core import documents as d\nd.get(1)\nd.get(2)\nd.save(1)\n"
    problems, warnings = undeclared(source_of({"a.py": code}), ("files:write", "broadcast"))
    problem, other = problems
    assert (other.line, "documents:write" in other.message) == (4, True)
    assert (problem.file, problem.line) == ("a.py", 2)
    assert '"documents:read" is used (app.core.documents.get)' in problem.message
    assert '"documents:read"' in problem.remedy
    assert warnings == ()


def test_declaring_to_write_declares_to_read() -> None:
    code = b"from app.core import documents as d\nd.get(1)\nd.save(1)\n"
    assert undeclared(source_of({"a.py": code}), ("documents:write",)) == ((), ())


@pytest.mark.parametrize(
    "code", ["import httpx", "from urllib import request", "import http.client", "import socket"]
)
def test_module_that_can_connect_is_a_warning(code: str) -> None:
    source = source_of({"a.py": code.encode()})
    problems, (warning,) = undeclared(source, ())
    assert problems == ()
    assert '"network" may be used' in warning.message
    assert undeclared(source, ("network",)) == ((), ())


def test_modules_around_those_that_connect_are_no_warning() -> None:
    code = b"import http\nfrom urllib.parse import quote\nfrom http import HTTPStatus\n"
    assert undeclared(source_of({"a.py": code}), ()) == ((), ())
