from __future__ import annotations

import importlib.util
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from app.rules.entry.entry_rules import FIELDS, METHODS
from app.rules.entry.validate import validate_entry
from app.sdk import DynamicApp, StaticApp
from app.source.app_source import read_source
from app.source.metadata import read_metadata
from app.source.problems import Problem

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

HEAD = """\
from app.sdk import DynamicApp, Page, StaticApp
def index(): return None
"""
FILES = {"assets/logo.svg": "<svg/>", "assets/style.css": "a {}", "dist/index.html": "<p>"}
TAKEN = {"taken": "globex/editor", "acme-counter": "acme/counter"}

Judge = Callable[..., tuple[Problem, ...]]


@pytest.fixture(params=["loaded", "text only"])
def judge(request: pytest.FixtureRequest, write_app: WriteApp) -> Judge:
    """Judge the body of an AppEntry, with the class loaded and by the text alone."""

    def check(body: str, base: str = "DynamicApp") -> tuple[Problem, ...]:
        text = f"{HEAD}class AppEntry({base}):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        return judge_entry(write_app, text, loaded=request.param == "loaded")

    return check


@pytest.fixture
def judge_loaded(write_app: WriteApp) -> Judge:
    """Judge the body of an AppEntry with the class loaded."""

    def check(body: str, base: str = "DynamicApp") -> tuple[Problem, ...]:
        text = f"{HEAD}class AppEntry({base}):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        return judge_entry(write_app, text, loaded=True)

    return check


def judge_entry(write_app: WriteApp, text: str, *, loaded: bool) -> tuple[Problem, ...]:
    source = read_source(write_app(files={**FILES, "entry.py": text}))
    entry = None
    if loaded:
        module = ModuleType("entry")
        exec(compile(importlib.util.decode_source(text.encode()), "entry.py", "exec"), vars(module))
        entry = module.AppEntry
    return validate_entry(source, read_metadata(source), entry, taken_urls=TAKEN)


def body(**changes: str) -> str:
    """The body of a correct AppEntry with some values replaced; "" leaves one out."""
    values = {"name": "'Counter'", "version": "'1.0.0'", "pages": "{'/': index}"} | changes
    return "\n".join(f"{name} = {value}" for name, value in values.items() if value) + "\n"


def test_a_correct_entry_has_no_problems(judge: Judge) -> None:
    everything = body(
        url="'counter-2'",
        description="'Counts'",
        icon="'logo.svg'",
        capabilities="('documents:write',)",
        stylesheets="('style.css',)",
        style="{}",
        processes="()",
        pages="{'/': index, '/p/[id]': Page(index, title='P'), '/x/[[...splat]]': index}",
        helper="1",
    )
    assert (
        judge(everything + "@classmethod\ndef upgrade(cls, state, values, previous): ...\n") == ()
    )


def test_a_correct_static_app_has_no_problems(judge: Judge) -> None:
    assert judge("name = 'Viewer'\nroot = 'dist'\nicon = 'box'\n", "StaticApp") == ()


@pytest.mark.parametrize(
    ("changes", "attribute", "message", "remedy"),
    [
        ({"name": ""}, None, "name is missing", "name ="),
        ({"name": "'  '"}, "name", "name is missing or empty", "name ="),
        ({"name": "3"}, "name", "name is of type int", "name ="),
        ({"version": "1.0"}, "version", "version is of type float", "in quotes"),
        ({"version": "''"}, "version", "version is empty", "in quotes"),
        ({"description": "3"}, "description", "description is of type int", "in quotes"),
        ({"frame": "'no'"}, "frame", "neither True nor False", "frame = False"),
        ({"url": "'Acme Counter'"}, "url", "other than a-z", '"acme-counter"'),
        ({"url": "'/counter'"}, "url", "other than a-z", '"counter"'),
        ({"url": "3"}, "url", "url is of type int", '"acme-counter"'),
        ({"url": "'admin'"}, "url", "reserved for Graft", '"acme-counter"'),
        ({"url": "'taken'"}, "url", "acme/counter and globex/editor both", '"acme-counter"'),
        ({"icon": "'calculater'"}, "icon", "not a Lucide icon", '"calculator"'),
        ({"icon": "'qqqqqqq'"}, "icon", "not a Lucide icon", "lucide.dev"),
        ({"icon": "'logo.png'"}, "icon", "not in assets/", '"logo.svg"'),
        ({"icon": "3"}, "icon", "icon is of type int", "calculator"),
        ({"capabilities": "('documents:write')"}, "capabilities", "comma", "documents:write"),
        ({"capabilities": "3"}, "capabilities", "of type int", "documents:write"),
        ({"capabilities": "(3,)"}, "capabilities", "strings only", "documents:write"),
        ({"capabilities": "('document:wriet',)"}, "capabilities", "no capability", "documents:w"),
        (
            {"capabilities": "('broadcast')"},
            "capabilities",
            "comma",
            'Write capabilities = ("broadcast",).',
        ),
        ({"capabilities": "('presence',)"}, "capabilities", "no capability", 'Write "broadcast"'),
        ({"capabilities": "('uploads',)"}, "capabilities", "no capability", "needs none"),
        ({"capabilities": "('quux',)"}, "capabilities", "no capability", "Capabilities are b"),
        (
            {"origins": "('img https://a.example')"},
            "origins",
            "comma",
            'Write origins = ("img https://a.example",).',
        ),
        ({"pages": "{'/': index, '/apps': index}"}, "pages", "address of Graft", "ClientApp.link"),
        ({"stylesheets": "('styles.css',)"}, "stylesheets", "not in assets/", '"style.css"'),
        ({"stylesheets": "('logo.svg',)"}, "stylesheets", "not a .css file", "CSS"),
        ({"stylesheets": "'style.css'"}, "stylesheets", "comma", '("style.css",)'),
        ({"pages": ""}, None, "pages is missing", '{"/": index}'),
        ({"pages": "{}"}, "pages", "pages is missing or empty", '{"/": index}'),
        ({"pages": "{'/a': index}"}, "pages", 'pages has no "/"', "opens first"),
        ({"pages": "3"}, "pages", "pages is of type int", '{"/": index}'),
        ({"pages": "{'/': index, 'a': index}"}, "pages", 'start with "/"', '"/a"'),
        ({"pages": "{'/': index, '/[1]': index}"}, "pages", "Python name", "letter"),
        ({"pages": "{'/': index, '/[a]': index, '/[b]': index}"}, "pages", "same paths", "Remove"),
        ({"pages": "{'/': index, '/a': index, '/a': index}"}, "pages", "same paths", "Remove"),
        ({"processes": "(object,)"}, "processes", "none would run", "background=True"),
        ({"processes": "object"}, "processes", "none would run", "Leave processes out"),
        ({"page": "{'/': index}"}, "page", "no attribute page", "mean pages?"),
        ({"capabilites": "()"}, "capabilites", "no attribute", "mean capabilities?"),
        ({"title": "'x'"}, "title", "no attribute title", "mean name?"),
        ({"route": "'x'"}, "route", "no attribute route", "mean url?"),
        ({"Version": "'1'"}, "Version", "no attribute", "mean version?"),
    ],
)
def test_a_wrong_value_is_reported_with_line_and_remedy(
    judge: Judge, changes: dict[str, str], attribute: str | None, message: str, remedy: str
) -> None:
    text = body(**changes)
    (problem,) = judge(text)
    assert (problem.app, problem.stage, problem.file) == ("acme/counter", "validate", "entry.py")
    assert message in problem.message
    assert remedy in problem.remedy
    lines = ["class", *text.splitlines()]
    expected = next((n for n, line in enumerate(lines) if line.startswith(f"{attribute} =")), 0)
    assert problem.line == expected + 3


def test_all_problems_are_reported_at_once_in_the_order_of_lines(judge: Judge) -> None:
    wrong = "version = 1\nurl = 'A'\nicon = 'calculater'\npages = {'a': index}\n"
    problems = judge(wrong)
    assert [problem.line for problem in problems] == [3, 4, 5, 6, 7, 7]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("index()", "neither a function nor a Page"),
        ("'index'", "neither a function nor a Page"),
        ("Page(index())", "neither a function nor a Page"),
        ("lambda x: x", "needs the parameter x"),
        ("__import__('asyncio').sleep", "async function"),
    ],
)
def test_a_page_that_cannot_be_built_is_reported(
    judge_loaded: Judge, value: str, message: str
) -> None:
    (problem,) = judge_loaded(body(pages=f"{{\n    '/': index,\n    '/b': {value},\n}}"))
    assert message in problem.message
    assert 'page "/b"' in problem.message
    assert problem.line == 8


@pytest.mark.parametrize("title", ["3", "[index]"])
def test_a_title_that_is_no_text_is_reported(judge_loaded: Judge, title: str) -> None:
    (problem,) = judge_loaded(body(pages=f"{{'/': Page(index, title={title})}}"))
    assert 'the title of page "/" is of type' in problem.message
    assert "var of a state" in problem.remedy


@pytest.mark.parametrize("title", ["{var}", "'{{}}'.format({var}) + 'x' * 299"])
def test_a_title_may_be_a_var_or_have_one_in_it(judge_loaded: Judge, title: str) -> None:
    title = title.format(var="__import__('reflex').State.is_hydrated")
    assert not judge_loaded(body(pages=f"{{'/': Page(index, title={title})}}"))


def test_a_title_has_a_length(judge_loaded: Judge) -> None:
    def body_with(characters: int) -> str:
        return body(pages=f"{{'/': Page(index, title='x' * {characters})}}")

    assert judge_loaded(body_with(300)) == ()
    (problem,) = judge_loaded(body_with(100_000_000))
    assert problem.message == 'the title of page "/" has 100,000,000 characters, more than 300'


def test_the_values_of_the_loaded_class_count_not_its_text(judge_loaded: Judge) -> None:
    (problem,) = judge_loaded(body(icon="'calcu' + 'later'"))
    assert "calculater" in problem.message


def test_what_the_text_does_not_tell_is_no_problem_before_loading(write_app: WriteApp) -> None:
    text = "class AppEntry(Base):\n    icon = ICON\n    pages = make()\n"
    assert judge_entry(write_app, text, loaded=False) == ()


def test_an_upgrade_that_is_no_class_method_is_reported(judge_loaded: Judge) -> None:
    (problem,) = judge_loaded(body() + "def upgrade(self, state, values, previous): ...\n")
    assert "@classmethod" in problem.remedy


@pytest.mark.parametrize("arguments", ["cls", "cls, values", "cls, a, b, c, d"])
def test_an_upgrade_that_does_not_take_the_values_is_reported(
    judge_loaded: Judge, arguments: str
) -> None:
    (problem,) = judge_loaded(body() + f"@classmethod\ndef upgrade({arguments}): ...\n")
    assert "def upgrade(cls, values, previous):" in problem.remedy


@pytest.mark.parametrize("arguments", ["cls, values, previous", "cls, state, values, previous"])
def test_an_upgrade_is_for_all_states_or_as_it_was_for_each(
    judge_loaded: Judge, arguments: str
) -> None:
    assert judge_loaded(body() + f"@classmethod\ndef upgrade({arguments}): ...\n") == ()


@pytest.mark.parametrize(
    ("root", "message", "remedy"),
    [
        ("'build'", "root build has no index.html", 'root = "dist"'),
        ("'../dist'", "does not name a folder", 'root = "dist"'),
        ("''", "does not name a folder", 'root = "dist"'),
        ("3", "does not name a folder", 'root = "dist"'),
    ],
)
def test_a_static_app_without_index_is_reported(
    judge: Judge, root: str, message: str, remedy: str
) -> None:
    (problem,) = judge(f"name = 'Viewer'\nroot = {root}\n", "StaticApp")
    assert message in problem.message
    assert remedy in problem.remedy


def test_a_missing_entry_file_is_the_only_problem(write_app: WriteApp) -> None:
    source = read_source(write_app(files={"main.py": "x = 1"}))
    (problem,) = validate_entry(source, read_metadata(source), None, taken_urls={})
    assert problem.message == "There is no entry.py"


def test_a_missing_class_is_the_only_problem(write_app: WriteApp) -> None:
    (problem,) = judge_entry(write_app, "class Entry: ...", loaded=False)
    assert "does not define the class AppEntry" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "from .main import AppEntry",
        "if True:\n    class AppEntry: ...",
        "AppEntry = make()",
        "def f(:",
    ],
)
def test_a_class_that_may_be_there_is_not_called_missing(write_app: WriteApp, text: str) -> None:
    assert judge_entry(write_app, text, loaded=False) == ()


@pytest.mark.parametrize("loaded", [True, False])
def test_a_class_without_the_right_base_is_the_only_problem(
    write_app: WriteApp, loaded: bool
) -> None:
    (problem,) = judge_entry(write_app, "class AppEntry:\n    version = 1\n", loaded=loaded)
    assert "derived from neither" in problem.message
    assert problem.line == 1


def test_the_rules_know_every_attribute_of_the_sdk() -> None:
    for kind, base in (("dynamic", DynamicApp), ("static", StaticApp)):
        public = {name for name in dir(base) if not name.startswith("_")}
        assert public - set(METHODS) == set(FIELDS[kind])
    assert {name for name in dir(DynamicApp) if callable(getattr(DynamicApp, name))} >= set(METHODS)
