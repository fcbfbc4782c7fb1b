"""Pages that are too large to be opened by anybody are refused when an app is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cell.compiling import module_limits
from app.cell.compiling.bundle import Bundle
from app.cell.compiling.front_end import FrontEnd
from app.cell.loading.loader import LoadContext, bundle_of, load_version
from app.source.app_source import read_source
from app.source.problems import AppError, Problem
from tests.unit.apps.loading import ENTRY, WRAPS, QuietHost, Workshop, workshop


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as running:
        yield running


def page(content: str) -> str:
    return ENTRY.format(body="", version="1", extra="").replace("rx.fragment()", content)


def refused(made: Workshop, text: str) -> Problem:
    with pytest.raises(AppError) as caught:
        made.load(text)
    (problem,) = caught.value.problems
    return problem


def test_a_page_of_many_megabytes_is_refused_with_its_size_and_a_remedy(made: Workshop) -> None:
    problem = refused(made, page('rx.text("x" * 100_000_000)'))
    assert (problem.stage, problem.file) == ("compile", "entry.py")
    assert "95.4 MB, more than 4 MB; the largest part is page '/'" in problem.message
    assert "rx.foreach" in problem.remedy


def test_what_is_not_ascii_counts_as_it_is_sent(made: Workshop) -> None:
    assert "more than 4 MB" in refused(made, page('rx.text("é" * 2_200_000)')).message


def test_a_large_component_is_named(made: Workshop) -> None:
    body = "@rx.memo\ndef huge() -> rx.Component:\n    return rx.text('x' * 5_000_000)\n"
    text = ENTRY.format(body=body, version="1", extra="").replace("rx.fragment()", "huge()")
    assert "component Huge" in refused(made, text).message


def test_the_code_of_scripts_counts(made: Workshop) -> None:
    message = refused(made, page('rx.script("x" * 5_000_000)')).message
    assert "the largest part is the code of its scripts" in message


def test_a_bundle_has_the_scripts_of_the_pages_and_no_others(made: Workshop) -> None:
    version = made.load(page('rx.script("let a = 1")'))
    (name,) = version.module.scripts
    assert f"/_graft/modules/{version.info.id}/{name}.js" in version.module.code
    stored = Bundle.of("key", (), version.module)
    assert stored.module == version.module
    assert stored.is_genuine
    assert not stored.model_copy(update={"scripts": {name: "let a = 2"}}).is_genuine


def test_pages_just_below_the_limit_are_loaded(made: Workshop) -> None:
    assert made.load(page('rx.text("x" * 4_000_000)')).module.code


def test_what_was_compiled_before_there_was_a_limit_is_refused_too(
    made: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = made.load(page('rx.text("hello")'))
    bundle: Bundle = bundle_of(version, "key")
    monkeypatch.setattr(module_limits, "MODULE_BYTES", 10)
    context = LoadContext(made.core, QuietHost(), FrontEnd(made.libraries, WRAPS))
    source = read_source(tmp_path / "client_apps" / "acme" / "made")
    with pytest.raises(AppError, match="the compiled pages have"):
        load_version(source, 2, context, {}, bundle)
