"""What makes a component of one version the same as one of the next, for React."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import reflex as rx
from reflex_base.components.memo import MemoComponentDefinition
from reflex_base.utils import memo_paths

from app.bridge.compiling.pieces import Piece
from tests.unit.bridge.compiling.test_pages import compiled


class PieceState(rx.State):
    text: str = ""
    rows: list[str] = []

    @rx.event
    def one(self): ...

    @rx.event
    def two(self): ...

    @rx.event
    def sent(self, form: dict[str, Any]): ...


def only(build: Callable[[], Any]) -> Piece:
    """Return the one component that a page consists of."""
    (piece,) = compiled(build).components
    return piece


def test_a_component_is_a_plain_function_for_the_host_to_wrap() -> None:
    piece = only(lambda: rx.box(rx.text("a"), on_click=PieceState.one))
    assert piece.code.startswith(f"const {piece.name} = (({{children, ...rest}}) => {{")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            lambda: rx.box(on_click=PieceState.one),
            lambda: rx.box(on_click=PieceState.two),
            id="another event",
        ),
        pytest.param(
            lambda: rx.text("a", color=PieceState.text, size="1"),
            lambda: rx.text("a", color=PieceState.text, size="2"),
            id="another style",
        ),
        pytest.param(
            lambda: rx.form(rx.input(id="a"), on_submit=PieceState.sent),
            lambda: rx.form(rx.input(id="b"), rx.input(id="a"), on_submit=PieceState.sent),
            id="another field in a form",
        ),
        pytest.param(
            lambda: rx.foreach(PieceState.rows, lambda item: rx.input(id="a")),
            lambda: rx.foreach(
                PieceState.rows, lambda item: rx.box(rx.input(id="a"), rx.input(id="b"))
            ),
            id="another field with an id in each row",
        ),
    ],
)
def test_code_that_calls_the_same_hooks_is_of_one_family(
    before: Callable[[], Any], after: Callable[[], Any]
) -> None:
    olds, news = compiled(before).components, compiled(after).components
    assert [old.code for old in olds] != [new.code for new in news]
    assert [old.family for old in olds] == [new.family for new in news] != [""]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            lambda: rx.box(on_mount=PieceState.one),
            lambda: rx.box(on_mount=PieceState.two),
            id="another effect",
        ),
        pytest.param(
            lambda: rx.box(on_click=PieceState.one),
            lambda: rx.box(on_click=PieceState.one, on_blur=PieceState.one),
            id="a hook more",
        ),
        pytest.param(
            lambda: rx.box(on_click=PieceState.one),
            lambda: rx.flex(on_click=PieceState.one),
            id="another component",
        ),
        pytest.param(
            lambda: rx.box(id="a", on_click=PieceState.one),
            lambda: rx.box(id="b", on_click=PieceState.one),
            id="another id",
        ),
    ],
)
def test_code_that_react_cannot_go_on_with_is_of_another_family(
    before: Callable[[], Any], after: Callable[[], Any]
) -> None:
    assert only(before).family != only(after).family


def test_a_family_is_named_when_an_id_or_a_name_tells_it_apart() -> None:
    assert not only(lambda: rx.input(on_blur=PieceState.one)).named
    assert only(lambda: rx.input(id="a", on_blur=PieceState.one)).named
    assert only(lambda: rx.input(name="a", on_blur=PieceState.one)).named
    # What is known only in the browser tells nothing here.
    assert not only(lambda: rx.input(id=PieceState.text, on_blur=PieceState.one)).named


def test_refs_are_no_hooks() -> None:
    page = compiled(lambda: rx.box(rx.input(id="a"), rx.input(id="b")))
    assert 'const ref_a = (refs["ref_a"] ??= {current: null});' in page.page.hooks
    assert page.page.family == compiled(lambda: rx.box(rx.input(id="a"))).page.family == ""


def made(build: Callable[[Any], Any], **options: Any) -> Piece:
    """Return the component of an `rx.memo`."""
    memo: Any = rx.memo(build, **options)
    page = compiled(lambda: memo(label="x"), memos=(memo._definition,))
    symbol = memo_paths.library_and_symbol(
        memo._definition.source_module, memo._definition.export_name
    )[1]
    (piece,) = [piece for piece in page.components if piece.name == symbol]
    assert isinstance(memo._definition, MemoComponentDefinition)
    return piece


def test_a_memo_is_of_its_own_family_unless_the_author_wraps_it() -> None:
    def labelled(label: rx.Var[str]) -> rx.Component:
        return rx.text(label)

    piece = made(labelled)
    assert piece.named
    assert piece.family.startswith(piece.name)
    wrapped = made(labelled, wrapper=rx.Var("observer"))
    assert wrapped.family == ""
    assert "observer(" in wrapped.code
