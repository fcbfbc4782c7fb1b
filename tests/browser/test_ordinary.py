"""What pages as people write them for Reflex do, in a hot-loaded app."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows

APP = "/apps/acme-ordinary"


def test_events_that_pages_name_need_no_decorator(visit):
    page = visit(f"{APP}/plain")
    click(page, "add")
    shows(page, count=2)
    click(page, "ten", "bound")
    shows(page, count=112)
    at(page, "setvar").fill("typed")
    shows(page, text="typed")
    at(page, "setter").fill("word")
    shows(page, word="WORD")
    at(page, "first").fill("Ann")
    at(page, "last").fill("Lee")
    click(page, "send")
    shows(page, sent="Ann Lee")
    file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"}
    page.locator("#files input[type=file]").set_input_files(file)
    click(page, "upload")
    shows(page, names="a.txt 5")
    click(page, "ask")
    shows(page, answer="answer 42")


def test_the_code_of_a_script_in_a_page_runs(visit):
    page = visit(f"{APP}/plain")
    page.wait_for_function("typeof count_up === 'function'")
    click(page, "ask-script", "ask-script")
    shows(page, answer="answer 8")


@pytest.mark.own_copy("acme/ordinary")
def test_a_script_that_was_changed_runs_when_its_page_is_saved(visit, own):
    page = visit(f"{own.url}/plain")
    page.wait_for_function("typeof count_up === 'function'")
    own.edit("let counted = 6; function count_up()", "function count_down()", "plain.py")
    page.wait_for_function("typeof count_down === 'function'")


@pytest.mark.parametrize("button", ["work", "work-async"])
def test_what_a_handler_yields_is_shown_before_the_work_that_follows(
    visit, tmp_path: Path, button: str
):
    gate = tmp_path / "open"
    page = visit(f"{APP}/steps?gate={gate}")
    click(page, button)
    try:
        shows(page, shown="working")
    finally:
        gate.touch()
    shows(page, shown="worked")


def test_what_a_handler_tells_the_browser_to_do_is_done_before_the_work_that_follows(
    visit, tmp_path: Path
):
    gate = tmp_path / "open"
    page = visit(f"{APP}/steps?gate={gate}")
    click(page, "tell")
    try:
        shows(page, told="told")
    finally:
        gate.touch()
    shows(page, shown="worked")


def test_a_function_that_makes_a_state_makes_one_for_each_time(visit):
    page = visit(f"{APP}/boxes")
    click(page, "first-up", "third-up", "third-up")
    shows(page, first_count=1, second_count=0, third_count=2)


def test_the_title_of_a_page_follows_a_var(visitor):
    page = visitor.open(f"{APP}/inbox")
    expect(page).to_have_title("Inbox")
    click(page, "receive", "receive")
    expect(page).to_have_title("Inbox (2)")
    visitor.reload(page)
    expect(page).to_have_title("Inbox (2)")


def test_every_page_has_its_own_title_whichever_way_one_comes(visitor):
    page = visitor.open("/")
    page.locator("#search").fill("ordinary")
    page.locator(f"a[href='{APP}']").click()
    expect(page).to_have_title("Ordinary")
    visitor.open(f"{APP}/inbox", page)
    click(page, "receive")
    expect(page).to_have_title("Inbox (1)")
    click(page, "named")
    expect(page).to_have_title("Ordinary")  # an empty title is the name of the app
    click(page, "ann")
    expect(page).to_have_title("Ann")
    click(page, "nobody")
    expect(page).to_have_title("Ordinary")
    page.go_back()
    expect(page).to_have_title("Inbox (1)")
    page.get_by_role("link", name="All apps").click()
    expect(page).to_have_title("Apps · Graft")
    page.go_back()
    expect(page).to_have_title("Inbox (1)")


def test_a_title_may_be_a_text_with_a_var_in_it(visit):
    page = visit(f"{APP}/greeted")
    click(page, "ann")
    expect(page).to_have_title("Hello, Ann")


@pytest.mark.own_copy("acme/ordinary")
def test_a_title_is_a_var_from_one_save_on_and_a_text_again_from_the_next(visit, own):
    page = visit(f"{own.url}/plain")
    expect(page).to_have_title("Ordinary")
    text = own.read()
    own.edit('"/plain": plain_page', '"/plain": Page(plain_page, title=PlainState.word)')
    own.edit("from app.sdk import DynamicApp", "from app.sdk import DynamicApp, Page")
    own.edit("from .plain import plain_page", "from .plain import PlainState, plain_page")
    at(page, "setter").fill("word")
    expect(page).to_have_title("WORD")
    own.write(text)
    expect(page).to_have_title("Ordinary")
    shows(page, word="WORD")


def test_vars_hold_components(visitor):
    page = visitor.open(f"{APP}/held")
    shows(page, computed="0 times", shown="first", optional="", list="")
    click(page, "show")
    shown = at(page, "shown")
    expect(shown.locator("#icon")).to_be_visible()
    expect(shown.locator(".name")).to_have_text(["a", "b"])
    expect(shown.locator("strong")).to_have_text("bold")
    shows(page, maybe="there")
    shown.locator("#press").click()
    shown.locator("#press").click()
    expect(page.locator("#rows .row")).to_have_text(["row 1", "row 2"])
    expect(page.locator("#list .row")).to_have_text(["row 1", "row 2"])
    shown.locator("#typing").fill("word")
    shows(page, typed="word")
    expect(shown.locator("#which")).to_have_text("one")
    click(page, "other")
    expect(shown.locator("#which")).to_have_text("other")
    expect(at(page, "either")).to_have_text("2 times")
    expect(at(page, "only")).to_have_text("2 times")
    expect(shown.locator("#typing")).to_have_value("word")
    click(page, "clear")
    shows(page, optional="", rows="", list="")
    visitor.reload(page)
    expect(at(page, "shown").locator("#which")).to_have_text("other")
    at(page, "shown").locator("#press").click()
    expect(page.locator("#list .row")).to_have_text(["row 3"])


@pytest.mark.own_copy("acme/ordinary")
def test_what_a_var_holds_stays_over_a_save(visit, own):
    page = visit(f"{own.url}/held")
    click(page, "show")
    at(page, "shown").locator("#press").click()
    own.edit("self.count += 1", "self.count += 10", "held.py")
    own.edit('rx.button("other"', 'rx.button("saved"', "held.py")
    shows(page, other="saved")
    at(page, "shown").locator("#press").click()
    expect(page.locator("#list .row")).to_have_text(["row 1", "row 11"])
