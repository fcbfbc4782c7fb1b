"""Times of the audit log, in the zone of whoever looks."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.support.watch import Visitor

# What a field for a time has typed into it: local time, to the minute.
LOCAL = """([at, hours]) => {
  const time = new Date(new Date(at).getTime() + hours * 36e5);
  return new Date(time - time.getTimezoneOffset() * 6e4).toISOString().slice(0, 16);
}"""
CLOCK = "(at) => new Date(at).toTimeString().slice(0, 5)"


def test_times_are_shown_and_asked_for_in_the_visitors_zone(
    person: Callable[..., Visitor],
) -> None:
    # Far east of UTC: a time of there, taken for one of UTC, is half a day ahead.
    page = person("Ada", timezone_id="Pacific/Auckland").open("/admin/audit")
    newest, show = page.locator("table time").first, page.get_by_role("button", name="Show")
    expect(newest).to_be_visible()
    at = newest.get_attribute("datetime")
    shown = newest.inner_text()
    assert page.evaluate(CLOCK, at) in shown
    since, until = page.get_by_label("From"), page.get_by_label("Until")
    nothing = page.get_by_text("No entries match.")

    since.fill(page.evaluate(LOCAL, [at, 1]))
    show.click()
    expect(nothing).to_be_visible()
    since.fill(page.evaluate(LOCAL, [at, -1]))
    show.click()
    expect(newest).to_have_text(shown)
    until.fill(page.evaluate(LOCAL, [at, -1]))
    show.click()
    expect(nothing).to_be_visible()
    until.fill(page.evaluate(LOCAL, [at, 1]))
    show.click()
    expect(newest).to_have_text(shown)
