"""Addresses of hosted apps."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.support.pages import at, click, shows

APP = "/apps/acme-routes"


def test_every_page_is_served_under_the_strict_policy(server):
    for path in ("/", APP, f"{APP}/projects/one", "/dev"):
        with urllib.request.urlopen(server.address + path) as response:
            policy = response.headers["content-security-policy"]
            html = response.read().decode()
        scripts = re.search(r"script-src ([^;]*)", policy)[1].split()
        assert "'unsafe-inline'" not in scripts
        assert not [source for source in policy.split() if source.startswith("http")]
        inline = re.findall(r"<script\b(?![^>]*\bsrc=)[^>]*>[^<]", html)
        assert not inline


def test_parameters_titles_and_on_load(visit):
    page = visit(APP)
    shows(page, title="Home", loaded="", path=APP)
    expect(page).to_have_title("Routes")
    click(page, "one")
    shows(page, title="Project one", project="id one", loaded="project one")
    expect(page).to_have_title("Project")
    click(page, "two")
    shows(page, title="Project two", project="id two", loaded="project one, project two")
    click(page, "task")
    shows(page, title="Task", ids="one/7", tab="notes", count=1)
    shows(page, loaded="project one, project two, task one/7?notes")
    expect(page).to_have_title("Task")
    click(page, "new")
    shows(page, title="New project")
    expect(page).to_have_title("New")


def test_a_parameter_called_like_a_var_of_another_app(visit):
    page = visit(APP)
    click(page, "person")
    shows(page, title="ANN", name="ann")
    other = visit("/apps/acme-states/parts")
    shows(other, base="Hello nobody")
    click(other, "rename")
    shows(other, base="Hello Ann", other="Hello nobody")


def test_a_new_query_runs_on_load_again(visit):
    page = visit(f"{APP}/projects/one/tasks/7?tab=notes")
    shows(page, loaded="task one/7?notes", tab="notes")
    click(page, "history")
    shows(page, loaded="task one/7?notes, task one/7?history", tab="history", count=2)


def test_the_rest_of_an_address_as_a_list(visit):
    page = visit(APP)
    click(page, "files")
    shows(page, title="Files")
    expect(page.locator(".part")).to_have_text(["a", "b c", "d"])
    expect(at(page, "loaded")).to_have_text("files a+b c+d")


def test_back_and_forward_keep_the_state(visit):
    page = visit(APP)
    click(page, "up", "one")
    shows(page, title="Project one", count=1)
    click(page, "up", "two")
    shows(page, title="Project two", count=2)
    page.go_back()
    shows(page, title="Project one", project="id one", count=2)
    expect(page).to_have_title("Project")
    page.go_back()
    shows(page, title="Home", count=2)
    expect(page).to_have_title("Routes")
    page.go_forward()
    shows(page, title="Project one", project="id one", count=2)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/projects/deep", "Project deep"),
        ("/projects/new", "New project"),
        ("/projects/d%C3%A9p%20x", "Project dép x"),
        ("/projects/one/tasks/2?tab=x", "Task"),
        ("/files/a/b", "Files"),
        ("/files", "Files"),
        ("/", "Home"),
    ],
)
def test_deep_links(visit, path, title):
    page = visit(APP + path)
    shows(page, title=title)


def test_a_reload_keeps_the_session(visitor):
    page = visitor.open(f"{APP}/projects/one")
    click(page, "up", "up")
    shows(page, count=2, loaded="project one")
    visitor.reload(page)
    shows(page, count=2, loaded="project one, project one", title="Project one")


def test_tabs_have_states_of_their_own(visitor):
    first, second = visitor.open(APP), visitor.open(APP)
    click(first, "up")
    shows(first, count=1)
    shows(second, count=0)
    click(second, "up", "up")
    shows(second, count=2)
    shows(first, count=1)


def test_a_duplicated_tab_is_a_session_of_its_own(visitor):
    page = visitor.open(APP)
    click(page, "up")
    shows(page, count=1)
    visitor.loads()
    with page.expect_popup() as popup:
        page.evaluate("() => { window.open(location.href); }")  # copies the session's storage
    copy = popup.value
    shows(copy, title="Home", count=0)
    click(copy, "up", "up")
    shows(copy, count=2)
    click(page, "up")
    shows(page, count=2)
    click(page, "up")
    shows(page, count=3)
    shows(copy, count=2)


def test_a_page_that_the_app_does_not_have(visit):
    page = visit(APP)
    click(page, "missing")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="start page").click()
    shows(page, title="Home")
    page.go_back()
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_an_app_that_does_not_exist(visit):
    page = visit("/apps/no-such-app/deep/page")
    expect(page.get_by_role("heading", name="There is no such app")).to_be_visible()
    page.get_by_role("link", name="All apps").last.click()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()


def test_a_redirect_from_on_load(visit):
    page = visit(APP)
    click(page, "away")
    shows(page, title="Project redirected", loaded="project redirected")


def test_from_the_launcher_into_an_app_and_into_another_and_back(visit):
    page = visit("/")
    page.locator("#search").fill("acme routes")  # the launcher shows the first sixty
    page.locator(f"a[href='{APP}']").click()
    shows(page, title="Home")
    click(page, "up", "other")
    expect(page.locator(".letter")).to_have_text(["a", "b"])
    page.go_back()
    shows(page, title="Home", count=1)
    page.go_back()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    page.go_forward()
    shows(page, title="Home", count=1)


def test_static_apps_are_documents_of_their_own(visitor):
    page = visitor.open("/")
    visitor.loads()
    page.locator("#search").fill("acme site")
    page.locator("a[href='/apps/acme-site']").click()
    shows(page, title="Site one", path="/apps/acme-site")
    deep = visitor.open("/apps/acme-site/deep/link?x=1")
    shows(deep, title="Site one", path="/apps/acme-site/deep/link")


def test_a_link_from_an_app_to_a_static_app(visitor):
    page = visitor.open(APP)
    visitor.loads()
    click(page, "site")
    shows(page, title="Site one", path="/apps/acme-site")


@pytest.mark.own_copy("acme/routes")
def test_a_swap_on_a_deep_page_keeps_page_and_parameters(visit, own):
    page = visit(f"{own.url}/projects/one/tasks/7?tab=notes")
    shows(page, title="Task", ids="one/7", count=1)
    click(page, "up")
    own.edit('frame("Task"', 'frame("Task two"')
    shows(page, title="Task two", ids="one/7", tab="notes", count=2, loaded="task one/7?notes")
    own.edit('title="Task"', 'title="New title"')
    expect(page).to_have_title("New title")
    shows(page, count=2)


@pytest.mark.own_copy("acme/routes")
def test_a_swap_that_takes_the_page_away_says_so_and_back(visit, own):
    page = visit(f"{own.url}/projects/new")
    shows(page, title="New project")
    own.edit('"/projects/new": Page(new_project, title="New")', '"/newest": new_project')
    shows(page, title="Project new")
    own.edit('"/projects/[project_id]": Page(project', '"/other/[project_id]": Page(project')
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    own.edit('"/newest": new_project', '"/projects/new": new_project')
    shows(page, title="New project")
