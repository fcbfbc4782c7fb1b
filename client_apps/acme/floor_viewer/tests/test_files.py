"""The files of the app: complete, free of inline code, and right about the building."""

import json
import re
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import pytest

from app.sdk import StaticApp
from client_apps.acme.floor_viewer.entry import AppEntry

DIST = Path(__file__).parents[1] / "dist"
SCRIPTS = sorted(path.relative_to(DIST).as_posix() for path in DIST.rglob("*.js"))
BUILDING = json.loads((DIST / "plans/building.json").read_text("utf-8"))
PLANS = {
    storey["plan"]: json.loads((DIST / storey["plan"]).read_text("utf-8"))
    for storey in BUILDING["storeys"]
}


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text inside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside in ("script", "style"):
            self.inline += data.strip()


INDEX = Elements((DIST / "index.html").read_text("utf-8"))


def text_of(name: str) -> str:
    return (DIST / name).read_text("utf-8")


def test_the_entry_names_the_folder():
    assert issubclass(AppEntry, StaticApp)
    assert (Path(__file__).parents[1] / AppEntry.root / "index.html").is_file()


def test_the_page_leaves_the_base_to_its_host():
    assert "base" not in [tag for tag, _ in INDEX.found]


def test_everything_that_the_page_refers_to_is_there_and_relative():
    links = [
        attributes.get("src") or attributes.get("href")
        for tag, attributes in INDEX.found
        if tag in ("script", "link", "img")
    ]
    assert links
    for link in links:
        assert not re.match(r"$|/|[a-z]+:", link or ""), link
        assert link
        assert (DIST / link).is_file(), link


@pytest.mark.parametrize("script", SCRIPTS)
def test_everything_that_a_script_imports_is_there(script):
    for name in re.findall(r"""^import .*?from "(.+?)";""", text_of(script), re.MULTILINE):
        assert name.startswith("./"), name
        assert (DIST / script).parent.joinpath(name).is_file(), name


def test_every_script_is_used():
    imported = {
        ((DIST / script).parent / name).resolve().relative_to(DIST).as_posix()
        for script in SCRIPTS
        for name in re.findall(r'from "(.+?)";', text_of(script))
    }
    assert imported | {"app.js"} == set(SCRIPTS)


def test_the_page_has_no_inline_code_or_style():
    assert INDEX.inline == ""
    for tag, attributes in INDEX.found:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "style" not in attributes, tag


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_do_nothing_that_a_strict_policy_forbids(script):
    forbidden = (
        r"\beval\(|new Function|innerHTML|insertAdjacentHTML|\"style\"|https?://(?!www\.w3\.org)"
    )
    assert not re.search(forbidden, text_of(script))


def test_styles_come_from_here_only_and_know_the_dark():
    style = text_of("style.css")
    assert not re.search(r"@import|url\(", style)
    assert "prefers-color-scheme: dark" in style


def test_every_colour_has_a_dark_counterpart():
    style = text_of("style.css")
    light, dark = re.findall(r":root \{(.+?)\n *\}", style, re.DOTALL)
    assert set(re.findall(r"(--[\w-]+):", light)) == set(re.findall(r"(--[\w-]+):", dark))


def test_every_element_that_the_script_asks_for_is_in_the_page():
    ids = {attributes["id"] for _, attributes in INDEX.found if "id" in attributes}
    asked = set(re.findall(r'\bat\("([\w-]+)"\)', text_of("app.js")))
    assert asked
    assert asked <= ids


def test_fields_and_buttons_have_labels():
    labelled = {a.get("for") for tag, a in INDEX.found if tag == "label"}
    for tag, attributes in INDEX.found:
        if tag == "input":
            assert attributes["id"] in labelled
        if tag in ("nav", "div") and attributes.get("role") == "group":
            assert attributes["aria-label"]


def test_storeys_are_listed_once_from_top_to_bottom():
    levels = [storey["level"] for storey in BUILDING["storeys"]]
    assert levels == sorted(set(levels), reverse=True)
    assert 0 in levels


@pytest.mark.parametrize("storey", BUILDING["storeys"], ids=lambda storey: storey["name"])
def test_a_plan_agrees_with_the_list_of_storeys(storey):
    plan = PLANS[storey["plan"]]
    assert (plan["level"], plan["name"]) == (storey["level"], storey["name"])
    assert plan["rooms"]


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan["name"])
def test_rooms_have_addresses_of_their_own(plan):
    ids = [room["id"] for room in plan["rooms"]]
    assert len(set(ids)) == len(ids)
    # A dot would look like the name of a file to the server.
    assert all(re.fullmatch(r"[\w-]{1,40}", id) for id in ids)


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan["name"])
def test_every_room_says_what_the_details_show(plan):
    for room in plan["rooms"]:
        for key in ("number", "name", "category", "department"):
            assert isinstance(room[key], str)
            assert room[key]
        assert 2 <= room["height"] <= 6


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan["name"])
def test_rooms_have_the_area_that_they_are_drawn_with_inside_the_plan(plan):
    for room in plan["rooms"]:
        assert drawn_area(room["points"]) == pytest.approx(room["area"])
        assert all(0 <= x <= plan["width"] and 0 <= y <= plan["depth"] for x, y in room["points"])


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan["name"])
def test_rooms_do_not_overlap(plan):
    for one, other in combinations(plan["rooms"], 2):
        assert not cells(one["points"]) & cells(other["points"]), (one["id"], other["id"])


def drawn_area(points: list[list[float]]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def cells(points: list[list[float]]) -> set[tuple[int, int]]:
    """The squares of one metre whose middle is inside; the walls lie on whole metres."""
    xs, ys = [int(p[0]) for p in points], [int(p[1]) for p in points]
    grid = ((x, y) for x in range(min(xs), max(xs)) for y in range(min(ys), max(ys)))
    return {cell for cell in grid if is_inside(cell[0] + 0.5, cell[1] + 0.5, points)}


def is_inside(x: float, y: float, points: list[list[float]]) -> bool:
    crossings = 0
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            crossings += 1
    return crossings % 2 == 1
