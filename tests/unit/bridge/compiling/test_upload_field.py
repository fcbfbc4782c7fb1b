"""Reflex's upload zone has a file field, which gets a name."""

from __future__ import annotations

import pytest
import reflex as rx

from app.bridge.compiling.upload_field import label_file_field


def test_the_file_field_gets_a_name_and_nothing_else_does() -> None:
    zone = label_file_field(rx.upload.root(rx.text("Drop it"), id="package"), "Package")
    assert str(zone.render()).count('"aria-label"') == 1
    field = zone.children[0].children[0]
    assert "Package" in str(field.render())


def test_a_component_without_a_file_field_is_refused() -> None:
    with pytest.raises(LookupError):
        label_file_field(rx.box(rx.text("nothing")), "Package")
