"""What pages as people write them for Reflex do, in a hot-loaded app."""

from pathlib import Path

import pytest

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
