"""Charts, tables, Radix parts and components of the app's own, in a hot-loaded app."""

from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows, until

APP = "/apps/acme-widgets"


def test_recharts_and_plotly(visit):
    page = visit(f"{APP}/charts")
    bars = at(page, "bars").locator(".recharts-bar-rectangle")
    expect(bars).to_have_count(2)
    expect(page.locator(".recharts-legend-item-text")).to_have_text("value")
    expect(at(page, "lines").locator(".recharts-line")).to_be_visible()
    expect(at(page, "pie").locator(".recharts-pie-sector")).to_have_count(2)
    expect(at(page, "plotly").locator(".bars path")).to_have_count(2)
    expect(at(page, "plotly").get_by_text("2 bars")).to_be_visible()
    click(page, "add")
    expect(bars).to_have_count(3)
    expect(at(page, "plotly").locator(".bars path")).to_have_count(3)
    expect(at(page, "plotly").get_by_text("3 bars")).to_be_visible()


def test_data_table(visitor, visit):
    # Grid.js logs this, and then draws the table, when rows arrive while it is still drawing the
    # first ones (github.com/grid-js/gridjs/issues/1484, which was closed without a change).
    visitor.expects(r"\[Grid\.js\] \[ERROR\]: TypeError: .*undefined \(reading '(rows|length)'\)")
    page = visit(f"{APP}/tables")
    table = at(page, "table")
    expect(table.get_by_role("gridcell")).to_have_text(["ann", "1", "bob", "2"])
    expect(at(page, "static-table").get_by_role("gridcell")).to_have_text(["static", "1"])
    click(page, "add")
    expect(table.get_by_role("gridcell")).to_have_text(["ann", "1", "bob", "2", "cyd", "3"])
    table.get_by_role("searchbox").fill("bob")
    expect(table.get_by_role("gridcell")).to_have_text(["bob", "2"])
    expect(at(page, "plain").get_by_role("cell")).to_have_text(["ann", "bob", "cyd"])


def test_data_editor(visit):
    page = visit(f"{APP}/editor")
    at(page, "editor").locator(".dvn-scroller").click(position={"x": 20, "y": 50})
    shows(page, clicked="0,0")
    page.keyboard.press("Enter")
    page.locator("#portal textarea").fill("new")
    page.keyboard.press("Enter")
    expect(at(page, "edited")).to_contain_text("0,0=")
    expect(at(page, "edited")).to_contain_text("new")


def test_radix_parts(visit):
    page = visit(f"{APP}/radix")
    expect(at(page, "first")).to_be_visible()
    page.get_by_role("tab", name="Two").click()
    shows(page, second="second tab")
    page.get_by_role("button", name="Header").click()
    expect(page.get_by_text("inside the accordion")).to_be_visible()
    expect(page.locator(".rt-AvatarFallback")).to_have_text("AB")
    at(page, "tip").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("a tip")
    click(page, "menu")
    page.get_by_role("menuitem", name="take pear").click()
    shows(page, picked="pear")
    click(page, "pop")
    shows(page, popped="popped")
    page.keyboard.press("Escape")
    click(page, "dialog")
    expect(page.get_by_role("dialog", name="Dialog")).to_be_visible()
    click(page, "close")
    expect(page.get_by_role("dialog", name="Dialog")).to_be_hidden()
    click(page, "alert")
    page.get_by_role("button", name="Yes").click()
    shows(page, picked="sure")
    page.get_by_role("radio", name="apple").click()
    shows(page, picked="apple")
    at(page, "context").click(button="right")
    page.get_by_role("menuitem", name="copy it").click()
    click(page, "drawer")
    expect(page.get_by_text("in the drawer")).to_be_visible()


def test_time_and_components_of_the_apps_own(visit):
    page = visit(f"{APP}/parts")
    shows(page, moment="2026/01/02", german="Freitag", own=2026, greeting="Greetings, apple!")
    shows(page, ticks="ticking")
    until(page, "window.acmeScript === 'ran'")
    until(page, "window.acmeClock === 1")
    expect(at(page, "clock").locator("input")).to_be_visible()


def test_scroll_areas_follow(visit):
    page = visit(f"{APP}/parts")
    expect(at(page, "area")).to_be_visible()
    click(page, "lines")
    expect(page.get_by_text("line 60")).to_be_in_viewport()
    until(page, "document.querySelector('#auto').scrollTop > 500")


def test_a_library_that_is_not_in_the_build_is_refused_by_name(visit):
    page = visit("/apps/acme-foreign")
    expect(page.get_by_role("heading")).to_contain_text("cannot be opened")
    text = page.get_by_role("main")
    expect(text).to_contain_text('"react-confetti-explosion" is not in the front end\'s build')
    expect(text).to_contain_text("ConfettiExplosion")
    expect(text).to_contain_text("rxconfig.py")
