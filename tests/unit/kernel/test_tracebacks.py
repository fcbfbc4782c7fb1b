"""The text of exceptions, odd ones included."""

from __future__ import annotations

import pytest

from app.kernel.tracebacks import traceback_of


class Secretive(Exception):
    @property
    def __notes__(self) -> list[str]:
        raise ValueError("no notes")


def test_an_exception_has_the_text_that_python_prints() -> None:
    error = ValueError("outer")
    error.__cause__ = ZeroDivisionError("inner")
    text = traceback_of(error)
    assert text.index("ZeroDivisionError: inner") < text.index("ValueError: outer\n")


@pytest.mark.parametrize("error", [SyntaxError("odd", (None, "a", None, 3)), Secretive("odd")])
def test_one_that_cannot_be_described_has_its_frames_and_its_name(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        raise error
    text = traceback_of(caught.value)
    assert "raise error" in text
    assert text.endswith(f"{type(error).__name__}: its description fails, too\n")
