"""What apps call of the core is declared once; the core and whoever stands for it keep to that."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.kernel.actor import Actor, CapabilityNotGranted, Organisation, User, acting_as
from app.kernel.contexts import DECLARED
from app.kernel.contexts.documents import Conflict
from app.kernel.contexts.exposing import IMPLEMENTED, Exposed, calling
from app.kernel.errors import NotFound

CONTEXTS = ("accounts", "documents", "files")
ADA = Actor(User("u1", "Ada", "ada@example.org"), Organisation("o1", "Home"), app_id="acme/x")


def open_context(name: str) -> Any:
    """The context as apps import it."""
    return importlib.import_module(f"app.core.{name}")


def of_apps(path: str) -> Any:
    context, _, name = path.rpartition(".")
    return getattr(importlib.import_module(context), name)


def arguments_of(offered: Exposed) -> dict[str, Any]:
    """Something for each parameter that has no default."""
    return {
        name: f"<{name}>"
        for name, parameter in offered.signature.parameters.items()
        if parameter.default is parameter.empty
    }


@pytest.mark.parametrize("path", DECLARED)
def test_the_core_does_what_is_declared(path: str) -> None:
    open_context(DECLARED[path].context)
    assert inspect.signature(IMPLEMENTED[path]) == DECLARED[path].signature


@pytest.mark.parametrize("path", DECLARED)
def test_apps_find_what_is_declared(path: str) -> None:
    found = of_apps(path)
    assert found.exposed is DECLARED[path]
    assert inspect.signature(found) == DECLARED[path].signature
    assert found.__doc__


@pytest.mark.parametrize("name", CONTEXTS)
def test_what_is_not_declared_needs_the_core_in_hand(name: str) -> None:
    context = open_context(name)
    for public in context.__all__:
        found = getattr(context, public)
        if inspect.iscoroutinefunction(found) and not hasattr(found, "exposed"):
            assert next(iter(inspect.signature(found).parameters)) in ("core", "here"), public


@pytest.mark.parametrize("path", DECLARED)
async def test_without_a_core_the_same_call_goes_to_whoever_takes_calls(path: str) -> None:
    heard: list[tuple[Exposed, Mapping[str, Any]]] = []

    async def answer(offered: Exposed, arguments: Mapping[str, Any]) -> object:
        heard.append((offered, arguments))
        return "answer"

    wanted = arguments_of(DECLARED[path])
    with calling(answer):
        assert await of_apps(path)(**wanted) == "answer"
    assert heard == [(DECLARED[path], wanted)]


async def test_without_a_core_refusals_are_the_same() -> None:
    async def refuse(offered: Exposed, arguments: Mapping[str, Any]) -> object:
        raise NotFound("there is no such document")

    with calling(refuse), pytest.raises(NotFound):
        await open_context("documents").get("d1")


@pytest.mark.parametrize("path", [path for path, one in DECLARED.items() if one.capability])
async def test_nothing_is_done_without_the_capability(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_context(DECLARED[path].context)

    async def done(**arguments: Any) -> str:
        return "done"

    monkeypatch.setitem(IMPLEMENTED, path, done)
    offered, wanted = DECLARED[path], arguments_of(DECLARED[path])
    with acting_as(replace(ADA, capabilities=frozenset())), pytest.raises(CapabilityNotGranted):
        await of_apps(path)(**wanted)
    with acting_as(replace(ADA, capabilities={offered.capability})):
        assert await of_apps(path)(**wanted) == "done"


def test_errors_that_apps_catch_are_those_that_are_raised() -> None:
    assert open_context("documents").Conflict is Conflict
