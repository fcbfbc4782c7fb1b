"""A save on disk reaches every open page, in place, with its state."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows

COUNTER = pytest.mark.own_copy("acme/counter")


@COUNTER
def test_a_save_reaches_every_open_page_and_keeps_its_count(new_visitor, own):
    one, other = new_visitor(), new_visitor()
    pages = [one.open(own.url), one.open(own.url), other.open(own.url)]
    for clicks, page in enumerate(pages, start=1):
        for _ in range(clicks):
            click(page, "plus")
        shows(page, count=clicks)
    own.edit("Counter one", "Counter two")
    for clicks, page in enumerate(pages, start=1):
        shows(page, title="Counter two", count=clicks, double=clicks * 2)
        click(page, "plus")
        shows(page, count=clicks + 1)


@COUNTER
def test_new_vars_start_at_their_default_and_removed_ones_go(visit, own):
    page = visit(own.url)
    click(page, "plus")
    shows(page, count=1)
    own.write(
        own.read()
        .replace("count: int = 0", "count: int = 0\n    step: int = 5")
        .replace('    note: str = "start"\n', "")
        .replace("self.note = value", "self.step = len(value)")
        .replace("CounterState.note, id", "CounterState.step, id")
        .replace("self.count += 1", "self.count += self.step")
    )
    shows(page, note=5, count=1)
    click(page, "plus")
    shows(page, count=6)


@COUNTER
def test_a_var_whose_type_changed_starts_at_its_default(visit, own):
    page = visit(own.url)
    click(page, "plus")
    shows(page, count=1, note="start")
    own.edit('note: str = "start"', "note: list[str] = ['fresh']")
    shows(page, note="fresh", count=1)


@COUNTER
def test_a_change_in_a_helper_module_shows_at_once(visit, own):
    page = visit(own.url)
    click(page, "plus")
    shows(page, greeting="hello", count=1)
    own.edit("hello", "good morning", file="words.py")
    shows(page, greeting="good morning", count=1)


@COUNTER
def test_a_change_in_what_a_computed_var_returns_shows_at_once(visit, own):
    page = visit(own.url)
    click(page, "plus", "plus")
    shows(page, count=2, double=4)
    own.edit("self.count * 2", "self.count * 20")
    shows(page, double=40, count=2)
    click(page, "plus")
    shows(page, double=60)


@COUNTER
def test_an_event_whose_code_changed_runs_the_new_code(visit, own):
    page = visit(own.url)
    click(page, "plus")
    shows(page, count=1)
    own.write(own.read().replace("+= 1", "+= 10").replace("Counter one", "Counter two"))
    shows(page, title="Counter two")
    click(page, "plus")
    shows(page, count=11)


@COUNTER
def test_pages_of_other_apps_do_not_notice(visitor, own):
    received = []
    bystander = visitor.context.new_page()
    bystander.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame))
    )
    visitor.open("/apps/acme-editing", bystander)
    shows(bystander, title="Editing one")
    at(bystander, "text").fill("before")
    click(bystander, "save")
    shows(bystander, saved="before")
    page = visitor.open(own.url)
    shows(page, title="Counter one")
    received.clear()
    own.edit("Counter one", "Counter two")
    shows(page, title="Counter two")
    at(bystander, "text").fill("after")
    click(bystander, "save")
    shows(bystander, saved="after")  # a round trip: what was sent before has arrived too
    assert "after" in str(received)
    assert not [frame for frame in received if "graft" in str(frame)]


@COUNTER
def test_a_tab_that_shows_another_app_keeps_the_values_of_the_first(visitor, own):
    page = visitor.open(own.url)
    click(page, "plus")
    shows(page, count=1)
    visitor.open("/apps/acme-editing", page)
    shows(page, title="Editing one")
    own.edit("Counter one", "Counter two")
    visitor.open(own.url, page)
    shows(page, title="Counter two", count=1)


@pytest.mark.own_copy("acme/shapes")
def test_values_of_the_apps_own_classes_take_on_the_new_classes(visit, own):
    page = visit(own.url)
    click(page, "change", "judge")
    shows(page, judged=1, verdict="all of this version", summary="night 3,4 changed")
    own.edit("shapes one", "shapes two", file="shapes.py")
    shows(page, title="shapes two", summary="night 3,4 changed", x=3, item="changed")
    expect(page.locator(".listed")).to_have_text("listed")
    click(page, "judge")
    shows(page, judged=2, verdict="all of this version")


@COUNTER
def test_fifty_swaps_while_clicking_lose_no_click(visit, own):
    page = visit(own.url)
    shows(page, count=0)
    text = own.read()
    clicks = 0
    for number in range(50):
        own.write(text.replace("Counter one", f"Counter number {number}"))
        for _ in range(3):
            click(page, "plus")
            clicks += 1
        shows(page, title=f"Counter number {number}")
    shows(page, count=clicks, double=clicks * 2)


@COUNTER
def test_clicks_that_arrive_during_many_swaps_all_count(visit, own):
    page = visit(own.url)
    shows(page, count=0)
    page.evaluate(
        """() => {
          window.sent = 0;
          const counted = () => Number(document.querySelector('#count').textContent);
          window.clicking = setInterval(() => {
            // A slow machine must not be left with more of them than it can ever count.
            if (window.sent - counted() > 20) return;
            document.querySelector('#plus').click();
            window.sent += 1;
          }, 7);
        }"""
    )
    text = own.read()
    for number in range(20):
        own.write(text.replace("Counter one", f"Counter number {number}"))
        shows(page, title=f"Counter number {number}")
    sent = page.evaluate("() => { clearInterval(window.clicking); return window.sent; }")
    shows(page, count=sent, double=sent * 2)


@COUNTER
def test_a_tab_whose_line_was_cut_during_a_swap_is_current_when_it_is_back(new_visitor, line, own):
    cut_off, watching = new_visitor(line.address), new_visitor()
    cut_off.expects("WebSocket connection to")
    page = cut_off.open(own.url)
    click(page, "plus")
    shows(page, count=1)
    line.cut()
    own.write(
        own.read().replace("Counter one", "Counter two").replace("self.count * 2", "self.count * 9")
    )
    shows(watching.open(own.url), title="Counter two")
    shows(page, title="Counter one")
    line.mend()
    shows(page, title="Counter two", count=1, double=9)
    click(page, "plus")
    shows(page, count=2, double=18)


@COUNTER
def test_a_tab_that_slept_during_a_swap_is_current_when_it_wakes(new_visitor, own):
    asleep, watching = new_visitor(), new_visitor()
    page = asleep.open(own.url)
    click(page, "plus")
    shows(page, count=1)
    lifecycle = asleep.context.new_cdp_session(page)
    lifecycle.send("Page.setWebLifecycleState", {"state": "frozen"})
    own.edit("Counter one", "Counter two")
    shows(watching.open(own.url), title="Counter two")
    lifecycle.send("Page.setWebLifecycleState", {"state": "active"})
    shows(page, title="Counter two", count=1)


@COUNTER
def test_a_tab_that_was_offline_during_a_swap_is_current_when_it_is_back(new_visitor, own):
    away, watching = new_visitor(), new_visitor()
    away.expects("ERR_INTERNET_DISCONNECTED|WebSocket")
    page = away.open(own.url)
    click(page, "plus")
    shows(page, count=1)
    away.context.set_offline(True)
    own.edit("Counter one", "Counter two")
    shows(watching.open(own.url), title="Counter two")
    away.context.set_offline(False)
    shows(page, title="Counter two", count=1)


@COUNTER
def test_a_tab_that_left_the_app_is_current_when_it_comes_back(visitor, own):
    page = visitor.open("/")
    page.locator(f"a[href='{own.url}']").click()
    click(page, "plus")
    shows(page, count=1)
    page.go_back()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    own.edit("Counter one", "Counter two")
    shows(visitor.open(own.url), title="Counter two")
    page.go_forward()
    shows(page, title="Counter two", count=1)


@pytest.mark.own_copy("acme/editing")
def test_focus_caret_typed_text_and_scroll_position_survive(visit, own):
    page = visit(own.url)
    at(page, "text").fill("typed by a person")
    page.evaluate("document.querySelector('#text').setSelectionRange(6, 8)")
    page.evaluate("document.querySelector('#scroller').scrollTop = 700")
    own.edit("Editing one", "Editing two")
    shows(page, title="Editing two")
    expect(at(page, "text")).to_be_focused()
    expect(at(page, "text")).to_have_value("typed by a person")
    assert page.evaluate(
        "(({selectionStart: a, selectionEnd: b}) => [a, b])(document.querySelector('#text'))"
    ) == [6, 8]
    assert page.evaluate("document.querySelector('#scroller').scrollTop") == 700
    page.keyboard.type("BY")
    expect(at(page, "text")).to_have_value("typed BY a person")
    click(page, "save")
    shows(page, saved="typed BY a person")


@pytest.mark.own_copy("acme/editing")
def test_elements_that_come_and_go_around_a_field_leave_its_text_alone(visit, own):
    page = visit(own.url)
    at(page, "text").fill("typed by a person")
    own.edit("        rx.form(\n", '        rx.text("new above", id="above"),\n        rx.form(\n')
    shows(page, above="new above")
    expect(at(page, "text")).to_have_value("typed by a person")
    expect(at(page, "text")).to_be_focused()
    own.edit('rx.text_area(id="text"', 'rx.badge("beside"), rx.text_area(id="text"')
    expect(page.get_by_text("beside")).to_be_visible()
    own.edit('        rx.heading("Editing one", id="title"),\n', "")
    expect(at(page, "title")).to_be_hidden()
    expect(at(page, "text")).to_have_value("typed by a person")
    expect(at(page, "text")).to_be_focused()


@pytest.mark.own_copy("acme/editing")
def test_an_open_dialog_stays_open_when_something_else_changed(visit, own):
    page = visit(own.url)
    click(page, "open")
    at(page, "inside").fill("half a sentence")
    own.edit("Editing one", "Editing two")
    expect(page.locator("#title")).to_have_text("Editing two")
    expect(at(page, "inside")).to_have_value("half a sentence")
    expect(at(page, "inside")).to_be_focused()
    page.keyboard.press("Escape")
    expect(at(page, "inside")).to_be_hidden()


@pytest.mark.own_copy("acme/together")
def test_two_people_in_one_app_stay_connected_over_a_swap(new_visitor, own):
    ann, bob = (person.open(own.url) for person in (new_visitor(), new_visitor()))
    for page, name in ((ann, "Ann"), (bob, "Bob")):
        at(page, "name").fill(name)
        at(page, "name").blur()
        shows(page, me=name)
    for page in (ann, bob):
        shows(page, here="Ann Bob")
    click(ann, "say")
    shows(ann, heard="Ann one")
    shows(bob, heard="Ann one")
    own.write(own.read().replace(" one", " two"))
    for page in (ann, bob):
        shows(page, title="Together two", heard="Ann one", here="Ann Bob")
    click(bob, "say")
    for page in (ann, bob):
        shows(page, heard="Ann one Bob two")
    click(ann, "others")
    shows(bob, heard="Ann one Bob two Ann others")
    click(bob, "tell")
    for page in (ann, bob):
        shows(page, news="Bob two")
    shows(ann, heard="Ann one Bob two")
    bob.close()
    shows(ann, here="Ann")


@COUNTER
def test_a_tab_that_was_away_for_several_versions_keeps_its_values(visitor, own):
    page = visitor.open(own.url)
    click(page, "plus", "plus")
    shows(page, count=2)
    page.get_by_role("link", name="All apps").click()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    watching = visitor.open(own.url)
    for before, after in (("one", "two"), ("two", "three"), ("three", "four")):
        own.edit(f"Counter {before}", f"Counter {after}")
        shows(watching, title=f"Counter {after}")
    page.go_back()
    shows(page, title="Counter four", count=2)
    click(page, "plus")
    shows(page, count=3, double=6)


@COUNTER
def test_the_last_of_many_quick_saves_is_the_one_that_is_shown(visit, own):
    page = visit(own.url)
    click(page, "plus")
    shows(page, count=1)
    text = own.read()
    for number in range(12):
        own.write(text.replace("Counter one", f"Counter {number}"))
        own.write(text + "\n)")
    own.write(text.replace("Counter one", "Counter at last"))
    shows(page, title="Counter at last", count=1)
    expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.own_copy("acme/states")
def test_an_event_that_is_running_ends_on_its_own_code_and_its_values_are_kept(visit, own, gate):
    page, watching = visit(f"{own.url}/events"), visit(f"{own.url}/events")
    changes = {'rx.button("fail"': 'rx.button("fail now"'}
    gate.put(own, "await asyncio.sleep(0.02)", changes, "events.py")
    shows(page, fail="fail now")
    click(page, "steps")
    shows(page, result="one")
    own.write(
        own.read("events.py").replace("fail now", "fail later").replace('" three"', '" 3"'),
        "events.py",
    )
    shows(watching, fail="fail later")
    shows(page, result="one")
    gate.open()
    shows(page, result="one two three", log="between", fail="fail later")
    click(page, "clear", "steps")
    shows(page, result="one two 3", log="between")


@pytest.mark.own_copy("acme/views")
def test_a_change_in_a_stylesheet_shows_in_place(visit, own):
    page = visit(f"{own.url}/style")
    click(page, "toggle")
    expect(at(page, "class")).to_have_css("color", "rgb(4, 5, 6)")
    own.edit("rgb(1, 2, 3)", "rgb(3, 2, 1)", file="assets/views.css")
    expect(at(page, "sheet")).to_have_css("color", "rgb(3, 2, 1)")
    own.edit("rgb(4, 5, 6)", "rgb(6, 5, 4)", file="assets/deep/more.css")
    expect(at(page, "class")).to_have_css("color", "rgb(6, 5, 4)")


@pytest.mark.own_copy("acme/widgets")
def test_charts_and_editors_go_on_over_a_swap(visit, own):
    page = visit(f"{own.url}/charts")
    click(page, "add")
    expect(at(page, "bars").locator(".recharts-bar-rectangle")).to_have_count(3)
    own.edit('rx.button("add"', 'rx.button("one more"', file="data.py")
    shows(page, add="one more")
    expect(at(page, "bars").locator(".recharts-bar-rectangle")).to_have_count(3)
    expect(at(page, "plotly").locator(".bars path")).to_have_count(3)
    own.edit("layout={", 'layout={"showlegend": False, ', file="data.py")
    own.edit('f"{len(self.points)} bars"', 'f"{len(self.points)} columns"', file="data.py")
    expect(at(page, "plotly").get_by_text("3 columns")).to_be_visible()
