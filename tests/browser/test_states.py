"""What states can do, in a hot-loaded app."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows

APP = "/apps/acme-states"


def steppers(page):
    return page.locator(".stepper")


def test_component_states_have_one_state_for_each_instance(visit):
    page = visit(f"{APP}/parts")
    expect(steppers(page)).to_have_text(["first: 0", "second: 0"])
    page.locator(".up").nth(0).click()
    page.locator(".up").nth(1).click(click_count=2)
    expect(steppers(page)).to_have_text(["first: 1", "second: 2"])
    shows(page, sum=3)


def test_two_apps_with_a_component_of_one_name_do_not_share_it(visit):
    page = visit("/apps/globex-steppers")
    expect(steppers(page)).to_have_text(["100", "100"])
    page.locator(".up").nth(0).click()
    expect(steppers(page)).to_have_text(["200", "100"])
    page.get_by_role("link", name="other app").click()
    expect(steppers(page)).to_have_text(["first: 0", "second: 0"])
    page.locator(".up").nth(0).click()
    expect(steppers(page)).to_have_text(["first: 1", "second: 0"])
    page.go_back()
    expect(steppers(page)).to_have_text(["200", "100"])


def test_mixins_and_sub_states(visit):
    page = visit(f"{APP}/parts")
    shows(page, base="Hello nobody", other="Hello nobody", count=0, total=10)
    click(page, "rename")
    shows(page, base="Hello Ann", other="Hello nobody")
    click(page, "rename-other", "up", "both")
    shows(page, base="Hello Ann", other="Hello Bob", count=101, total=112)


def test_computed_vars_of_all_kinds(visit):
    page = visit(f"{APP}/computed")
    shows(page, plain=20, across=11, explicit="explicit 10", uncached="uncached 10")
    shows(page, of_computed=21, revealed="SECRET 10", rarely=1)
    shows(page, where=f"{APP}/computed", where_root=f"{APP}/computed", router=f"{APP}/computed")
    before = int(at(page, "timed").inner_text())
    click(page, "up")
    shows(page, across=12, n=2)
    click(page, "grow")
    shows(page, plain=40, across=22, explicit="explicit 20", uncached="uncached 20")
    shows(page, of_computed=41, revealed="SECRET 20", rarely=1)
    click(page, "nothing")
    expect(at(page, "timed")).not_to_have_text(str(before))


def test_computed_vars_follow_the_address(visit):
    page = visit(f"{APP}/computed")
    shows(page, where=f"{APP}/computed")
    click(page, "deeper")
    shows(page, where=f"{APP}/computed/deeper", where_root=f"{APP}/computed/deeper")
    shows(page, router=f"{APP}/computed/deeper")


def test_background_events(visit):
    page = visit(f"{APP}/events")
    shows(page, progress=0, running="false")
    click(page, "work")
    shows(page, running="true")
    shows(page, progress=100, running="false", log="worked,yielded")


def test_generators_show_what_happened_so_far(visit):
    page = visit(f"{APP}/events")
    click(page, "steps")
    shows(page, result="one two three", log="between")
    click(page, "plain")
    shows(page, progress=2)


def test_event_chains_and_lists_run_in_order(visit):
    page = visit(f"{APP}/events")
    click(page, "chain")
    shows(page, log="first,second", result="end after 2")
    click(page, "clear", "both", "lambda")
    shows(page, log="a,b,c,from lambda")
    click(page, "many")
    shows(page, result="42 word True")
    click(page, "helper")
    shows(page, result="helped")


def test_get_state_reaches_the_core_and_other_states_of_the_app(visit):
    page = visit(f"{APP}/events")
    click(page, "both", "direct")
    shows(page, result=f"State 3 {APP}/events")


def test_an_event_that_fails_says_so_and_the_page_goes_on(visit):
    page = visit(f"{APP}/events")
    click(page, "fail")
    expect(page.get_by_text(re.compile("on purpose")).first).to_be_visible()
    click(page, "many")
    shows(page, result="42 word True")


def test_what_is_told_of_a_failed_event_fits_a_narrow_screen(visit):
    page = visit(f"{APP}/events")
    page.set_viewport_size({"width": 360, "height": 700})
    click(page, "fail")
    told = page.locator("[data-sonner-toast]")
    expect(told).to_have_text("An error occurred.")
    box = told.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360


def test_mount_and_unmount(visit):
    page = visit(f"{APP}/life")
    shows(page, mounted=0, unmounted=0, loads=2)
    click(page, "toggle")
    shows(page, mounted=1, unmounted=0, box="here")
    click(page, "toggle")
    shows(page, mounted=1, unmounted=1)


def test_state_of_the_browser_alone(visit):
    page = visit(f"{APP}/life")
    shows(page, client=0)
    click(page, "click", "click")
    shows(page, client=2)
    click(page, "push")
    shows(page, client=40)
    click(page, "retrieve")
    shows(page, mounted=40)


@pytest.mark.own_copy("acme/states")
def test_all_states_keep_their_values_over_a_swap(visit, own):
    page = visit(f"{own.url}/parts")
    page.locator(".up").nth(1).click()
    click(page, "rename", "both", "both")
    shows(page, base="Hello Ann", count=200, total=212, sum=1)
    own.edit('f"Hello {self.name}"', 'f"Welcome {self.name}"', file="parts.py")
    shows(page, base="Welcome Ann", other="Welcome nobody", count=200, total=212, sum=1)
    expect(steppers(page)).to_have_text(["first: 0", "second: 1"])
    page.locator(".up").nth(1).click()
    click(page, "both")
    shows(page, total=313, sum=2)


@pytest.mark.own_copy("acme/states")
def test_a_background_event_goes_on_over_a_swap(visit, own, gate):
    page = visit(f"{own.url}/events")
    changes = {'rx.button("fail"': 'rx.button("fail now"'}
    gate.put(own, "await asyncio.sleep(0.05)", changes, "events.py")
    shows(page, fail="fail now")
    click(page, "work")
    shows(page, running="true")
    own.edit('rx.button("fail now"', 'rx.button("fail later"', file="events.py")
    shows(page, fail="fail later", running="true")
    gate.open()
    shows(page, progress=100, running="false", log="worked,yielded")


def test_a_value_that_cannot_be_sent_fails_its_event_and_the_tab_goes_on(visitor):
    page = visitor.open("/apps/acme-tree")
    click(page, "more")
    shows(page, name="seed", count=1)
    click(page, "grow")
    problem = "TreeState.root.children[0].parent is TreeState.root again"
    expect(page.get_by_text(problem, exact=False).first).to_be_visible()
    click(page, "more")
    shows(page, name="seed", count=2)
    visitor.reload(page)
    shows(page, name="seed", count=2)
    click(page, "more")
    shows(page, count=3)


def test_half_of_a_surrogate_pair_arrives_as_it_is(visitor):
    page = visitor.open("/apps/acme-tree")
    shows(page, length=5)
    click(page, "cut")
    shows(page, length=2)
    click(page, "more")
    shows(page, count=1)
