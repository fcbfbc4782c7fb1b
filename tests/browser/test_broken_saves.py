"""A save that does not work: the last good version keeps running, and the developer sees why."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.folders import AppFolder
from tests.browser.support.pages import click, shows, until

COUNTER = pytest.mark.own_copy("acme/counter")

# What is wrong: what to put in place of what in which file, and what is told of it.
IMPORT = ("import reflex as rx", "import reflex as rx\nimport no_such_thing")
BROKEN = {
    "a syntax error": ("self.count += 1", "self.count += = 1", "entry.py", "invalid syntax"),
    "an import error": (*IMPORT, "entry.py", "no_such_thing"),
    "an exception while the module is imported": (
        'name = "Counter"',
        "name = 7 / 0",
        "entry.py",
        "division by zero",
    ),
    "an exception while the view is built": (
        "rx.text(greeting()",
        "rx.text(greeting(1)",
        "entry.py",
        "positional argument",
    ),
    "an exception in a computed var": (
        "return self.count * 2",
        "return self.count / 0",
        "entry.py",
        "division by zero",
    ),
    "an exception in a helper": (
        'return "hello"',
        "return undefined_name",
        "words.py",
        "undefined_name",
    ),
}


def line_of(text: str, part: str) -> int:
    """Return the number of the line that holds `part`."""
    return text[: text.index(part)].count("\n") + 1


@COUNTER
def test_the_last_good_version_goes_on_and_the_next_good_save_clears_it(visitor, own):
    page, dev = visitor.open(own.url), visitor.open("/dev")
    shows(page, count=0)
    overlay = page.get_by_role("alert")
    for turn, (kind, (old, new, file, message)) in enumerate(BROKEN.items()):
        print(kind)  # shown when the test fails
        good, title = own.read(file), page.locator("#title").inner_text()
        own.edit(old, new, file)
        place = f"{own.id}/{file}:{line_of(own.read(file), new.splitlines()[-1])}"
        expect(overlay).to_contain_text("last good version keeps running")
        expect(overlay).to_contain_text(place)
        expect(overlay).to_contain_text(message)
        expect(dev.get_by_text(place)).to_be_visible()
        click(page, "plus")
        shows(page, title=title, count=turn + 1, double=2 * turn + 2)

        # What is saved next is another version, not the one that goes on.
        own.write(good.replace(title, f"{title}.").replace("hello", "hi"), file)
        expect(overlay).to_be_hidden()
        expect(dev.get_by_text(place)).to_be_hidden()
    click(page, "plus")
    shows(page, title="Counter one.....", count=7, double=14)


@COUNTER
def test_a_broken_save_is_told_at_every_opening_reload_and_new_tab_and_in_the_launcher(
    visitor, own
):
    page = visitor.open(own.url)
    shows(page, count=0)
    good = own.read()
    own.edit("self.count += 1", "self.count += = 1")
    is_told(page)
    page.get_by_role("button", name="Hide").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    for _ in range(3):
        visitor.reload(page)
        is_told(page)
    is_told(visitor.open(own.url))

    launcher = visitor.open("/")
    launcher.get_by_role("searchbox").fill(own.id)
    tile = launcher.locator(f"a[href='{own.url}']")
    expect(tile).to_contain_text("last save is broken")
    tile.click()
    is_told(launcher)
    own.write(good)
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(launcher.get_by_role("alert")).to_be_hidden()
    launcher.go_back()
    expect(tile).to_be_visible()
    expect(tile).not_to_contain_text("broken")


def is_told(page):
    """Check that a page works and says that the last save is broken."""
    shows(page, title="Counter one")
    expect(page.get_by_role("alert")).to_contain_text("last good version keeps running")


@COUNTER
def test_a_traceback_stays_within_a_narrow_screen_and_is_scrolled_by_keyboard(visit, own):
    page = visit(own.url)
    page.set_viewport_size({"width": 360, "height": 700})
    shows(page, count=0)
    own.edit("return self.count * 2", "return self.count / 0  # " + "a long line " * 6)
    overlay = page.get_by_role("alert")
    overlay.get_by_text("Traceback", exact=True).click()
    scrolls_within(page, overlay.get_by_role("group", name="Traceback"))

    dev = visit("/dev")
    dev.set_viewport_size({"width": 360, "height": 700})
    problem = dev.locator(".rt-CalloutRoot", has_text=f"{own.id}/entry.py")
    problem.get_by_text("Traceback", exact=True).click()
    scrolls_within(dev, problem.get_by_role("group", name="Traceback"))


def scrolls_within(page, traceback):
    """Check that a traceback is not wider than what it is in, and scrolls."""
    expect(traceback).to_contain_text("a long line")
    box, around = traceback.bounding_box(), traceback.locator("../..").bounding_box()
    assert box["x"] + box["width"] <= around["x"] + around["width"] <= 360
    traceback.focus()
    page.keyboard.press("ArrowRight")
    until(page, "(traceback) => traceback.scrollLeft > 0", traceback.element_handle())


@COUNTER
def test_going_back_to_the_running_source_clears_the_problem(visit, own):
    page = visit(own.url)
    shows(page, count=0)
    good = own.read()
    own.write(good + "\n)")
    expect(page.get_by_role("alert")).to_contain_text("unmatched ')'")
    own.write(good)
    expect(page.get_by_role("alert")).to_be_hidden()


@COUNTER
def test_a_new_app_that_is_broken_shows_why_and_opens_when_repaired(visitor, own, apps_folder):
    page = visitor.open(own.url)
    shows(page, title="Counter one", count=0)
    aside = AppFolder(own.id, apps_folder.parent / "aside")
    own.path.rename(aside.path)
    expect(page.get_by_role("heading")).to_contain_text("no such app")
    good = aside.read()
    aside.write(good.replace("import reflex as rx", "import reflex as rx\nimport no_such_thing"))
    aside.path.rename(own.path)
    expect(visitor.open("/dev").get_by_text(f"{own.id}/entry.py:2")).to_be_visible()
    page = visitor.open(own.url, page)
    expect(page.get_by_role("heading")).to_contain_text("cannot be opened")
    expect(page.get_by_text("no_such_thing").first).to_be_visible()
    own.write(good)
    shows(page, title="Counter one", count=0)


@pytest.mark.own_copy("acme/foreign", saved_last=True)  # so it is among those that are loaded
def test_an_app_that_is_broken_on_disk_is_known_to_be_before_anybody_opens_it(visit, own):
    page = visit("/dev")
    expect(page.get_by_text(f"client_apps/{own.id}/entry.py")).to_be_visible()
    expect(page.get_by_text("react-confetti-explosion").first).to_be_visible()


@COUNTER
def test_a_computed_var_that_fails_at_the_first_opening_shows_why_over_the_rest(visit, own):
    good = own.read()
    own.write(good.replace("self.count * 2", "self.count / 0"))
    page = visit(own.url)
    shows(page, title="Counter one", count=0, double=0)
    expect(page.get_by_text("ZeroDivisionError").first).to_be_visible()
    own.write(good)
    expect(page.get_by_text("ZeroDivisionError")).to_have_count(0)
    shows(page, title="Counter one", count=0, double=0)


@COUNTER
def test_an_error_in_the_browser_stays_in_the_page_and_the_next_save_gets_a_new_chance(
    visitor, own
):
    visitor.expects("broken in the browser")
    page = visitor.open(own.url)
    click(page, "plus")
    shows(page, count=1)
    own.edit("rx.text(greeting(),", "rx.text(THROW,")
    own.edit(
        "class CounterState",
        "THROW = rx.Var(\"(() => { throw new Error('broken in the browser') })()\")\n\n\n"
        "class CounterState",
    )
    expect(page.get_by_role("heading")).to_have_text("This page stopped working")
    expect(page.get_by_role("link", name="All apps")).to_be_visible()
    own.edit("rx.text(THROW,", "rx.text(greeting(),")
    shows(page, title="Counter one", count=1)
    click(page, "plus")
    shows(page, count=2)


@COUNTER
def test_a_script_that_could_not_run_is_refused_with_another_way(visit, own):
    page = visit(own.url)
    shows(page, count=0)
    own.edit("rx.text(greeting()", "rx.el.script('alert(1)'), rx.text(greeting()")
    overlay = page.get_by_role("alert")
    expect(overlay).to_contain_text("not allowed by the Content-Security-Policy")
    expect(overlay).to_contain_text("rx.call_script")
    shows(page, count=0)


@COUNTER
def test_a_person_can_hide_the_problem(visit, own):
    page = visit(own.url)
    shows(page, count=0)
    own.edit("self.count += 1", "self.count += = 1")
    overlay = page.get_by_role("alert")
    overlay.get_by_role("button", name="Hide").click()
    expect(overlay).to_be_hidden()
    click(page, "plus")
    shows(page, count=1)


@COUNTER
def test_the_rule_that_a_save_breaks_is_named(visitor, own):
    page = visitor.open(own.url)
    shows(page, count=0)
    own.edit(*IMPORT)
    overlay = page.get_by_role("alert")
    expect(overlay.get_by_text("not-installed", exact=True)).to_be_visible()
    dev = visitor.open("/dev")
    expect(dev.get_by_text("not-installed", exact=True)).to_be_visible()


@pytest.mark.own_copy("acme/site")
def test_a_broken_save_of_a_static_app_is_told_above_it_at_every_opening(visitor, own):
    page = visitor.open(own.url)
    shows(page, title="Site one")
    good = own.read()
    own.write(good + "\n1 / 0\n")
    dev, place = visitor.open("/dev"), f"{own.id}/entry.py:{line_of(own.read(), '1 / 0')}"
    expect(dev.get_by_text(place)).to_be_visible()
    page = visitor.open(f"{own.url}/deep/link?x=1")
    told, inside = page.get_by_role("alert"), page.frame_locator("iframe")
    for _ in range(2):
        expect(told).to_contain_text("The last good version keeps running")
        expect(told).to_contain_text(place)
        expect(inside.locator("#title")).to_have_text("Site one")
        expect(inside.locator("#path")).to_have_text(f"{own.url}/deep/link")
        visitor.reload(page)
    # The address and the title are those of the app.
    expect(inside.locator("#title")).to_have_text("Site one")
    page.evaluate("frames[0].history.pushState(null, '', location.pathname + '/other?y=2')")
    page.evaluate("frames[0].document.title = 'T'")
    expect(page).to_have_title("T")
    until(page, "location.search === '?y=2' && location.pathname.endsWith('/other')")
    own.write(good)
    expect(dev.get_by_text(place)).to_be_hidden()
    visitor.reload(page)
    shows(page, title="Site one", path=f"{own.url}/deep/link/other")
