"""The catalog of apps."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.cell.loading.version import StaticVersion
from app.node.releases.catalog import AppRecord, Catalog, Failure
from app.sdk.scope import AppInfo
from app.source.metadata import parse_metadata
from app.source.problems import Problem

BROKEN = Failure((Problem("acme/a", "load", "entry.py", 1, "no", "yes"),), datetime.now(UTC))


def record(app_id: str, url: str = "", kind: str = "DynamicApp", **fields: Any) -> AppRecord:
    text = f"class AppEntry({kind}):\n    name = 'App {app_id}'\n"
    text += f"    url = {url!r}\n" if url else ""
    metadata = parse_metadata(app_id, text.encode())
    return AppRecord(id=app_id, root=Path("/nowhere") / app_id, metadata=metadata, **fields)


def served(app_id: str, url: str) -> AppRecord:
    at = record(app_id, url)
    info = AppInfo(id=app_id, url=url, version="1", number=1)
    source: Any = None
    return at.changed(version=StaticVersion(info, source, at.metadata, Path()), number=1)


def test_apps_are_found_by_id_and_url() -> None:
    catalog = Catalog.of([record("acme/b_c"), record("acme/a", "aaa")])
    assert [each.id for each in catalog] == ["acme/a", "acme/b_c"]
    assert (catalog.at_url("aaa"), catalog.get("acme/a")) == (catalog.apps["acme/a"],) * 2
    assert catalog.at_url("acme-b-c") is catalog.get("acme/b_c")
    assert catalog.at_url("nothing") is catalog.get("acme/nothing") is None


def test_what_is_not_loaded_yet_is_known_from_its_text() -> None:
    static = record("acme/a", kind="StaticApp")
    assert (static.name, static.kind, record("acme/a").kind) == ("App acme/a", "static", "dynamic")
    assert AppRecord("acme/x", Path(), parse_metadata("acme/x", b"")).name == "acme/x"


def test_of_two_apps_with_one_url_the_one_that_works_has_it() -> None:
    assert Catalog.of([record("b/x", "u"), record("a/x", "u")]).by_url == {"u": "a/x"}
    assert Catalog.of([served("b/x", "u"), record("a/x", "u")]).by_url == {"u": "b/x"}
    assert Catalog.of([record("b/x", "u"), record("a/x", "u", failure=BROKEN)]).by_url == {
        "u": "b/x"
    }


def test_a_changed_catalog_is_another_one() -> None:
    before = Catalog.of([record("acme/a")])
    after = before.with_record(record("acme/b")).with_record(record("acme/a", "new"))
    assert [each.url for each in after] == ["new", "acme-b"]
    assert [each.url for each in before] == ["acme-a"]
    assert [each.id for each in after.without("acme/a")] == ["acme/b"]
    with pytest.raises(TypeError):
        before.apps["acme/a"] = record("acme/a")  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        before.by_url = {}  # type: ignore[misc]


def test_urls_of_others_are_taken() -> None:
    catalog = Catalog.of([record("acme/a"), record("acme/b")])
    assert catalog.taken_urls("acme/a") == {"acme-b": "acme/b"}


def test_a_static_app_is_not_a_loaded_dynamic_one() -> None:
    catalog = Catalog.of([served("acme/a", "a"), record("acme/b")])
    assert [catalog.loaded(app_id) for app_id in ("acme/a", "acme/b", "acme/c")] == [None] * 3
    assert catalog.apps["acme/a"].kind == "static"
