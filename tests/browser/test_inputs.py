"""Forms, inputs, files and what events can make the browser do, in a hot-loaded app."""

import hashlib
import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.support.pages import at, click, shows, until

APP = "/apps/acme-inputs"


def test_a_form_sends_all_its_fields(visit):
    page = visit(f"{APP}/form")
    at(page, "text").fill("hello")
    at(page, "secret").fill("hidden")
    at(page, "area").fill("two\nlines")
    click(page, "agree", "on")
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="y").click()
    page.get_by_role("radio").nth(1).click()
    at(page, "choice").select_option("2")
    click(page, "send")
    shows(
        page,
        sent="agree=True area='two\\nlines' choice='2' letter='y' level='30' native='n'"
        " on=True radio='q' secret='hidden' text='hello'",
    )
    expect(at(page, "text")).to_have_value("")


def test_a_controlled_input_shows_what_the_state_says(visit):
    page = visit(f"{APP}/input")
    expect(at(page, "controlled")).to_have_value("start")
    at(page, "controlled").press("End")
    at(page, "controlled").press_sequentially("ing fast")
    expect(at(page, "controlled")).to_have_value("STARTING FAST")
    shows(page, shown="STARTING FAST")
    click(page, "empty")
    expect(at(page, "controlled")).to_have_value("")


def test_debounced_inputs_send_the_last_value_once(visit):
    page = visit(f"{APP}/input")
    at(page, "debounced").press_sequentially("several letters")
    shows(page, lazy="several letters", calls=1)
    expect(at(page, "slow")).to_have_value("several letters")
    at(page, "slow").press("End")
    at(page, "slow").press_sequentially("!!")
    shows(page, lazy="several letters!!", calls=2)


def test_switch_slider_select_and_keys(visit):
    page = visit(f"{APP}/input")
    click(page, "switch")
    shows(page, checked="true")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    shows(page, level=21)
    page.get_by_role("combobox").click()
    page.get_by_role("option", name="c").click()
    shows(page, picked="c")
    at(page, "keys").press_sequentially("ab")
    at(page, "keys").press("Enter")
    shows(page, pressed="abEnter")


def test_event_actions(visit):
    page = visit(f"{APP}/actions")
    click(page, "inner")
    shows(page, inner_count=1, outer_count=0)
    click(page, "through")
    shows(page, inner_count=2, outer_count=1)
    click(page, "prevented")
    shows(page, inner_count=3, outer_count=1)
    assert page.url.endswith("/actions")
    click(page, "throttled", "throttled", "throttled")
    click(page, "debounced", "debounced", "debounced")
    shows(page, late_count=1, fast_count=1)
    click(page, "temporal")
    shows(page, late_count=2, fast_count=1)
    page.keyboard.press("F2")
    shows(page, key="F2")


def test_scripts_and_their_answers(visit):
    page = visit(f"{APP}/calls")
    click(page, "ask")
    shows(page, answer=42)
    click(page, "ask-later")
    shows(page, answer="{'n': 5}")
    click(page, "run")
    shows(page, answer="called")
    until(page, "window.ran === 1")
    click(page, "direct")
    until(page, "window.direct === 1")


def test_refs(visit):
    page = visit(f"{APP}/calls")
    click(page, "focus")
    expect(at(page, "target")).to_be_focused()
    expect(at(page, "target")).to_have_value("from the server")
    click(page, "inline")
    expect(at(page, "target")).to_have_value("inline")
    expect(page.get_by_text("inline toast")).to_be_visible()
    click(page, "scroll")
    expect(at(page, "far")).to_be_in_viewport()


def test_toasts_and_alerts(visit):
    page = visit(f"{APP}/calls")
    click(page, "notify")
    expect(page.get_by_text("plain toast")).to_be_visible()
    expect(page.get_by_text("good toast")).to_be_visible()
    said: list[str] = []

    def read(alert: Dialog) -> None:
        said.append(alert.message)
        alert.accept()  # until then the page stands still, and so does the click

    page.once("dialog", read)
    with page.expect_event("dialog"):
        click(page, "alert")
    assert said == ["hello"]


def test_console_log(visitor):
    page = visitor.open(f"{APP}/calls")
    with page.expect_console_message(lambda message: message.text == "logged by the server"):
        click(page, "log")


def test_redirects_within_the_app_to_other_apps_and_to_the_launcher(visitor):
    page = visitor.open(f"{APP}/calls")
    click(page, "to-page")
    expect(at(page, "arrived")).to_contain_text("arrived")
    expect(at(page, "arrived")).to_contain_text("from=event")
    expect(page).to_have_title("Target")
    page.go_back()
    click(page, "to-other")
    expect(page.locator(".letter")).to_have_text(["a", "b"])
    page.go_back()
    visitor.loads()
    click(page, "to-launcher")
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()


def test_a_redirect_to_another_site_leaves(visitor):
    visitor.context.route(
        "https://elsewhere.example/**",
        lambda route: route.fulfill(body="<h1>Elsewhere</h1>", content_type="text/html"),
    )
    page = visitor.open(f"{APP}/calls")
    click(page, "to-site")
    expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()


def test_a_redirect_into_a_new_tab(visitor):
    page = visitor.open(f"{APP}/calls")
    visitor.loads()
    with page.expect_popup() as popup:
        click(page, "to-tab")
    expect(at(popup.value, "arrived")).to_contain_text("arrived")


@pytest.mark.parametrize(
    ("button", "name", "content"),
    [
        ("text-file", "notes.txt", b"line one\n"),
        ("bytes-file", "bytes.bin", bytes(range(256))),
        ("url-file", "icon.svg", None),
    ],
)
def test_downloads(visit, button, name, content):
    page = visit(f"{APP}/calls")
    with page.expect_download() as download:
        click(page, button)
    assert download.value.suggested_filename == name
    received = download.value.path().read_bytes()
    assert received == content if content is not None else b"<svg" in received


def test_the_clipboard(visit):
    page = visit(f"{APP}/calls")
    click(page, "copy")
    until(page, "async () => (await navigator.clipboard.readText()) === 'copied text'")
    at(page, "far").click()
    page.keyboard.press("Control+V")
    shows(page, pasted="text/plain:copied text")


def test_uploads_with_progress(visit):
    content = b"0123456789abcdef" * 65536
    page = visit(f"{APP}/files")
    chooser = page.locator("#buffered input[type=file]")
    chooser.set_input_files(
        [
            {"name": "big.bin", "mimeType": "application/octet-stream", "buffer": content},
            {"name": "ü 2.txt", "mimeType": "text/plain", "buffer": b"two"},
        ]
    )
    expect(page.locator(".selected")).to_have_text(["big.bin", "ü 2.txt"])
    click(page, "upload")
    shows(page, names=f"big.bin {len(content)}, ü 2.txt 3", progress=100)
    shows(page, digest=hashlib.sha256(b"two").hexdigest()[:8])
    click(page, "forget")
    expect(page.locator(".selected")).to_have_count(0)


def test_uploads_in_chunks(visit):
    content = b"0123456789abcdef" * 65536 * 3
    page = visit(f"{APP}/files")
    page.locator("#chunked input[type=file]").set_input_files(
        {"name": "chunks.bin", "mimeType": "application/octet-stream", "buffer": content}
    )
    click(page, "upload-chunks")
    shows(page, received=len(content), names="chunks.bin", progress=100)
    shows(page, digest=hashlib.sha256(content).hexdigest()[:8])


def test_uploads_as_soon_as_files_are_dropped(visit):
    page = visit(f"{APP}/files")
    page.locator("#direct input[type=file]").set_input_files(
        {"name": "now.txt", "mimeType": "text/plain", "buffer": b"now"}
    )
    shows(page, names="dropped now.txt")
    assert re.search("now", at(page, "names").inner_text())


def test_files_that_are_refused_are_told(visitor):
    visitor.expects(r"Failed to load resource.* 403 .*/_upload")
    page = visitor.open(f"{APP}/files")

    def of_a_page_that_is_too_old(route):
        headers = route.request.headers
        gone = headers["reflex-event-handler"].replace("dropped", "gone")
        route.continue_(headers={**headers, "reflex-event-handler": gone})

    page.route("**/_upload", of_a_page_that_is_too_old)
    page.locator("#direct input[type=file]").set_input_files(
        {"name": "now.txt", "mimeType": "text/plain", "buffer": b"now"}
    )
    expect(page.get_by_text("Your files were not uploaded. Reload the page.")).to_be_visible()
    expect(at(page, "names")).to_have_text("")
