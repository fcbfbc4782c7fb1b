"""Vars that live in the browser's storage, in a hot-loaded app."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows

APP = "/apps/acme-storage"


def write(page, text, field="text"):
    at(page, field).fill(text)
    at(page, field).blur()


def test_defaults_are_shown_before_anything_is_stored(visit):
    shows(
        visit(APP),
        local="local default",
        session="session default",
        cookie="cookie default",
        named="named default",
        other="other default",
        summary="local default|cookie default",
    )


def test_values_survive_a_reload_and_a_page_change(visitor):
    page = visitor.open(APP)
    write(page, "x y=ü;")
    shows(page, local="local x y=ü;", cookie="cookie x y=ü;", memory="memory x y=ü;")
    assert page.evaluate("Object.values(localStorage).includes('local x y=ü;')")
    visitor.reload(page)
    shows(page, local="local x y=ü;", session="session x y=ü;", cookie="cookie x y=ü;")
    shows(page, named="named x y=ü;", summary="local x y=ü;|cookie x y=ü;", memory="memory x y=ü;")
    click(page, "again")
    expect(page).to_have_url(f"{visitor.address}{APP}/again")
    shows(page, local="local x y=ü;", session="session x y=ü;", cookie="cookie x y=ü;")


def test_a_new_tab_gets_what_is_shared_and_not_what_is_the_sessions(visitor):
    page = visitor.open(APP)
    write(page, "shared")
    shows(page, local="local shared", session="session shared")
    other = visitor.open(APP)
    shows(other, local="local shared", cookie="cookie shared", named="named shared")
    shows(other, session="session default", memory="memory default")


def test_another_person_has_storage_of_their_own(new_visitor):
    page = new_visitor().open(APP)
    write(page, "mine")
    shows(page, local="local mine")
    shows(new_visitor().open(APP), local="local default", cookie="cookie default")


def test_a_synced_var_follows_in_other_tabs(visitor):
    first, second = visitor.open(APP), visitor.open(APP)
    shows(second, synced="synced default")
    write(first, "in step", field="sync")
    shows(first, synced="in step")
    shows(second, synced="in step")
    write(second, "back", field="sync")
    shows(first, synced="back")


@pytest.mark.own_copy("acme/storage")
def test_a_synced_var_reaches_a_tab_that_left_the_app(visitor, own):
    away, here = visitor.open(own.url), visitor.open(own.url)
    shows(away, synced="synced default")
    away.get_by_role("link", name="All apps").click()
    expect(away.get_by_role("heading", name="Apps")).to_be_visible()
    own.edit("Storage one", "Storage two")
    shows(here, title="Storage two")
    write(here, "while away", field="sync")
    shows(here, synced="while away")
    away.go_back()
    shows(away, title="Storage two", synced="while away")


def test_storage_can_be_cleared(visitor):
    page = visitor.open(APP)
    write(page, "gone soon")
    shows(page, local="local gone soon")
    click(page, "forget")
    shows(page, local="local default", cookie="cookie default")
    visitor.reload(page)
    shows(page, local="local default", session="session default")


@pytest.mark.own_copy("acme/storage")
def test_stored_values_survive_a_swap_that_adds_a_stored_var(visitor, own):
    page = visitor.open(own.url)
    write(page, "kept")
    shows(page, local="local kept", cookie="cookie kept")
    own.write(
        own.read()
        .replace("Storage one", "Storage two")
        .replace(
            "    memory: str", '    extra: str = rx.LocalStorage("extra default")\n    memory: str'
        )
        .replace('"memory", "summary"', '"memory", "extra", "summary"')
        .replace(
            'self.local = f"local {text}"',
            'self.local = f"local {text}"\n        self.extra = f"extra {text}"',
        )
    )
    shows(
        page, title="Storage two", local="local kept", cookie="cookie kept", extra="extra default"
    )
    write(page, "more")
    shows(page, extra="extra more")
    first = own.read()
    own.edit(' "memory", "extra",', ' "memory",')  # the var goes, its value stays in the browser
    own.edit('    extra: str = rx.LocalStorage("extra default")\n', "")
    own.edit('        self.extra = f"extra {text}"\n', "")
    expect(at(page, "extra")).to_be_hidden()
    own.write(first)
    shows(page, extra="extra more", local="local more")
    visitor.reload(page)
    shows(page, extra="extra more", local="local more")


@pytest.mark.parametrize(
    "before",
    [
        "sessionStorage.setItem('token', 'nonsense')",
        "setInterval(() => sessionStorage.removeItem('token'), 1)",
    ],
    ids=["another", "none"],
)
def test_a_page_is_drawn_whatever_the_browser_has_as_the_token_of_its_tab(visitor, before):
    page = visitor.context.new_page()
    page.add_init_script(before)
    visitor.open(APP, page)
    shows(page, local="local default", session="session default")
    write(page, "typed")
    shows(page, local="local typed")
