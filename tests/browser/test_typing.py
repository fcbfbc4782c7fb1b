"""What people are typing survives a new version, whatever that changes around it."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.support.pages import at, click, shows

DRAFTS = pytest.mark.own_copy("acme/drafts")


def write(field: Locator, text: str) -> None:
    """Type a text and put the caret before its last letter, as somebody who is not done yet."""
    field.click()
    field.press_sequentially(text)
    field.press("ArrowLeft")
    field.evaluate("field => { field.isTheSame = true; }")


def goes_on(field: Locator, text: str, *, same: bool = True) -> None:
    """Expect text, focus and caret of `write`, in the same element of the page or in a new one."""
    expect(field).to_have_value(text)
    expect(field).to_be_focused()
    assert field.evaluate("field => field.selectionStart") == len(text) - 1
    assert field.evaluate("field => field.isTheSame === true") is same


@DRAFTS
def test_a_field_that_is_added_to_a_form_leaves_the_others_alone(visit, own):
    page = visit(own.url)
    write(at(page, "body"), "half a sentence")
    own.edit(
        'rx.input(name="subject"),', 'rx.input(name="from", id="from"), rx.input(name="subject"),'
    )
    expect(at(page, "from")).to_be_visible()
    goes_on(at(page, "body"), "half a sentence")
    at(page, "from").fill("Ann")
    click(page, "send")
    shows(page, sent="from=Ann subject= body=half a sentence")


@DRAFTS
def test_fields_of_a_form_are_told_apart_by_name(visit, own):
    page = visit(own.url)
    subject = page.locator("[name=subject]")
    write(subject, "a subject")
    own.edit('rx.input(name="subject"),', 'rx.input(name="from"), rx.input(name="subject"),')
    expect(page.locator("[name=from]")).to_have_value("")
    goes_on(subject, "a subject")
    own.edit('rx.input(name="from"), ', "")
    expect(page.locator("[name=from]")).to_be_hidden()
    goes_on(subject, "a subject")


@DRAFTS
def test_a_form_that_sends_to_another_event_sends_what_was_typed_before(visit, own):
    page = visit(own.url)
    write(at(page, "body"), "kept")
    own.write(
        own.read()
        .replace("on_submit=DraftsState.send", "on_submit=DraftsState.post")
        .replace("def send(self, form: dict):", "def post(self, form: dict):")
        .replace("Drafts one", "Drafts two")
    )
    shows(page, title="Drafts two")
    goes_on(at(page, "body"), "kept")
    click(page, "send")
    shows(page, sent="subject= body=kept")


@DRAFTS
def test_a_controlled_field_keeps_its_caret_when_something_of_it_changes(visit, own):
    page = visit(f"{own.url}/fields")
    write(at(page, "shout"), "loud")
    own.edit('placeholder="one"', 'placeholder="two"')
    expect(at(page, "shout")).to_have_attribute("placeholder", "two")
    goes_on(at(page, "shout"), "loud")
    at(page, "shout").press_sequentially("er")
    expect(at(page, "shout")).to_have_value("louerd")


@DRAFTS
def test_a_field_stays_in_an_element_whose_event_changed_and_the_new_event_runs(visit, own):
    page = visit(f"{own.url}/fields")
    write(at(page, "in-box"), "inside")
    shows(page, clicks=1)
    own.write(
        own.read()
        .replace("on_click=DraftsState.click, id", "on_click=DraftsState.jump(10), id")
        .replace(
            "def click(self):\n        self.clicks += 1",
            "def jump(self, by: int):\n        self.clicks += by",
        )
        .replace("Drafts one", "Drafts two")
    )
    shows(page, title="Drafts two", clicks=1)
    goes_on(at(page, "in-box"), "inside")
    at(page, "in-box").click()
    shows(page, clicks=11)


AROUND = {
    "in-memo": (
        "rx.card(rx.text(label), rx",
        'rx.card(rx.badge("new", id="new"), rx.input(id="more"), rx.text(label), rx',
    ),
    "in-cond": (
        "        rx.cond(",
        '        rx.cond(DraftsState.is_open, rx.text("new", id="new")),\n        rx.cond(',
    ),
}


@DRAFTS
@pytest.mark.parametrize("field", AROUND)
def test_a_field_in_a_memo_or_cond_stays_when_an_element_comes_before_it(visit, own, field):
    page = visit(f"{own.url}/fields")
    write(at(page, field), "remember")
    own.edit(*AROUND[field])
    shows(page, new="new")
    goes_on(at(page, field), "remember")


@DRAFTS
def test_fields_of_rows_stay_when_what_a_row_shows_changes(visit, own):
    page = visit(f"{own.url}/fields")
    field = page.locator(".in-row input").nth(1)
    write(field, "row b")
    own.edit(
        'rx.text(row, class_name="row")', 'rx.badge("new"), rx.text("row ", row, class_name="row")'
    )
    expect(page.locator(".row")).to_have_text(["row a", "row b"])
    goes_on(field, "row b")
    click(page, "grow")
    expect(page.locator(".row")).to_have_text(["row a", "row b", "row c"])
    expect(field).to_have_value("row b")


@DRAFTS
def test_a_section_that_is_added_above_leaves_fields_and_open_parts_alone(visit, own):
    page = visit(f"{own.url}/sections")
    page.get_by_role("button", name="More").click()
    expect(page.get_by_text("All of it")).to_be_visible()
    page.get_by_placeholder("Name").fill("Ann")
    write(at(page, "second"), "in the second")
    new = '        rx.card(rx.text("New"), rx.input(placeholder="Other")),\n'
    own.edit('        rx.card(rx.text("First")', new + '        rx.card(rx.text("First")')
    expect(page.get_by_placeholder("Other")).to_have_value("")
    goes_on(at(page, "second"), "in the second")
    expect(page.get_by_placeholder("Name")).to_have_value("Ann")
    expect(page.get_by_text("All of it")).to_be_visible()
    own.edit('rx.text("Second")', 'rx.heading("2nd", size="3")')
    expect(page.get_by_role("heading", name="2nd")).to_be_visible()
    goes_on(at(page, "second"), "in the second")
    own.edit(new, "")
    expect(page.get_by_placeholder("Other")).to_be_hidden()
    goes_on(at(page, "second"), "in the second")
    expect(page.get_by_text("All of it")).to_be_visible()


@DRAFTS
def test_a_field_that_moves_into_another_element_takes_its_text_along(visit, own):
    page = visit(own.url)
    page.locator("[name=subject]").fill("a subject")
    write(at(page, "body"), "half a sentence")
    own.write(
        own.read()
        .replace('rx.input(name="subject")', 'rx.hstack(rx.input(name="subject"))')
        .replace(
            'rx.text_area(id="body", name="body")',
            'rx.card(rx.text_area(id="body", name="body"), id="card")',
        )
    )
    expect(at(page, "card")).to_be_visible()
    goes_on(at(page, "body"), "half a sentence", same=False)
    click(page, "send")
    shows(page, sent="subject=a subject body=half a sentence")
