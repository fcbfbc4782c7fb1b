"""Values that are more than plain data, over saves and back."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import click, shows

MODELS = pytest.mark.own_copy("acme/models")


@MODELS
def test_models_and_rows_are_after_a_save_what_they_were(visit, own):
    page = visit(own.url)
    click(page, "fill")
    shows(page, thing="x")
    own.edit("Drafts one", "Drafts two")
    shows(page, title="Drafts two", thing="x")
    click(page, "look")
    shows(page, out="not yet complete <x> 1 ['a'] 5")
    click(page, "save")
    shows(page, out="changed", thing="changed")


@MODELS
def test_what_cannot_stay_is_said_to_the_developer_and_comes_back_with_the_old_code(visit, own):
    page = visit(own.url)
    click(page, "fill", "keep_open")
    first = own.read()
    own.edit("    done: bool = False", "    amount: int")
    own.edit("line.text", 'line.text, " ", line.amount')
    told = page.get_by_role("alert")
    expect(told).to_contain_text("values of the previous version did not fit")
    expect(told).to_contain_text("DraftState.lines: Line.amount is new and has no default")
    lines = page.locator(".line")
    expect(lines).to_have_text(["milk 0", "bread 0"])
    own.write(first)
    expect(lines).to_have_text(["milk", "bread"])


@MODELS
def test_a_row_of_an_open_session_is_refused_with_the_name_of_its_var(visit, own):
    page = visit(own.url)
    click(page, "keep_open", "look")
    shows(page, out="a@b  0 [] 0")
    own.edit("Drafts one", "Drafts two")
    shows(page, title="Drafts two")
    expect(page.get_by_role("alert")).to_contain_text(
        "DraftState._open: it holds a row (Thing) of a database session that is open"
    )
