from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.rules.entry.validate import validate_imports
from app.source.app_source import read_source
from app.source.problems import Problem

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp


Judge = Callable[[str], tuple[Problem, ...]]


@pytest.fixture
def judge(write_app: WriteApp) -> Judge:
    """Problems of an app with one line of code in sub/deep.py."""

    def check(code: str) -> tuple[Problem, ...]:
        folder = write_app(
            files={"entry.py": "", "helpers.py": "", "sub/__init__.py": "", "sub/deep.py": code}
        )
        return validate_imports(read_source(folder))

    return check


@pytest.mark.parametrize(
    "code",
    [
        "import os.path, json",
        "from __future__ import annotations",
        "import reflex as rx",
        "from pydantic import BaseModel",
        "import packaging",
        "from app.sdk import DynamicApp",
        "import app.core.documents as documents",
        "from app import sdk",
        "from app.core import accounts, documents, files",
        "from app.core.documents import Conflict, save",
        "from app.core.accounts import *",
        "from app.core.actor import Forbidden",
        "from app.core.errors import CoreError",
        "from . import other",
        "from .. import helpers",
        "from ..helpers import x",
        "import client_apps.acme.counter.helpers",
        "from client_apps.acme import counter",
        "from client_apps.acme.counter.sub import deep",
        "try:\n    import orjson\nexcept ImportError:\n    import json",
    ],
)
def test_what_a_client_app_may_import_is_no_problem(judge: Judge, code: str) -> None:
    assert judge(code) == ()


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("import client_apps.globex.editor", "client_apps.globex.editor", "never import"),
        ("from client_apps.acme import plan", "client_apps.acme.plan", "never import"),
        ("from client_apps.acme.counter2 import x", "client_apps.acme.counter2", "never import"),
        ("import client_apps", "client_apps", "never import"),
        ("from ... import plan", "client_apps.acme.plan", "never import"),
        ("from ...plan import x", "client_apps.acme.plan", "never import"),
        ("from ........ import x", "client_apps.x", "never import"),
        ("from app.node import loader", "app.node", "may import app.sdk"),
        ("from app import sdk, node", "app.node", "may import app.sdk"),
        ("import app", "app", "may import app.sdk"),
        ("import app.core", "app.core", "documents"),
        ("from app import sdk, core", "app.core", "documents"),
        ("from app.core import documents, apps", "app.core.apps", "documents"),
        ("from app.core import *", "app.core.*", "documents"),
        ("import app.core.apps", "app.core.apps", "documents"),
        ("from app.core.apps import promote", "app.core.apps.promote", "documents"),
        ("from app.core.audit import query", "app.core.audit.query", "documents"),
        ("import app.core.app_settings as x", "app.core.app_settings", "documents"),
        ("from app.core.code_store import s3_store", "app.core.code_store", "documents"),
        ("from app.core.secret_box import SecretBox", "app.core.secret_box", "documents"),
        ("from app.core.context import core", "app.core.context.core", "documents"),
        ("from app.core.documents import store", "app.core.documents.store", "documents"),
        ("from app.core.documents.store import find", "app.core.documents.store", "documents"),
        ("import app.core.accounts.service", "app.core.accounts.service", "documents"),
        ("import app.sdkx", "app.sdkx", "may import app.sdk"),
        ("import pytest", "pytest", "requirements.txt"),
        ("import surely_not_there.x", "surely_not_there", "requirements.txt"),
        ("import helpers", "helpers", "from . import helpers"),
        ("try:\n    import client_apps.globex.x\nexcept ImportError: pass", "globex", "never"),
        ("try:\n    import pytest\nexcept ValueError: pass", "pytest", "requirements.txt"),
    ],
)
def test_a_forbidden_import_is_reported_with_its_remedy(  # type: ignore[no-untyped-def]
    judge: Judge, code: str, message: str, remedy: str
) -> None:
    (problem,) = judge(code)
    assert (problem.file, problem.stage) == ("sub/deep.py", "validate")
    assert message in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    "block",
    [
        "def f():\n    {}",
        "class A:\n    async def f(self):\n        {}",
        "if x:\n    pass\nelse:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "try:\n    pass\nexcept ImportError:\n    {}",
        "for x in y:\n    with z:\n        {}",
        "match x:\n    case 1:\n        {}",
        "if TYPE_CHECKING:\n    pass\nelse:\n    {}",
    ],
)
def test_an_import_is_found_wherever_it_stands(judge: Judge, block: str) -> None:
    code = block.format("import pytest")
    (problem,) = judge(code)
    assert code.splitlines()[problem.line - 1].strip() == "import pytest"


def test_syntax_errors_of_all_files_are_reported_at_once(write_app: WriteApp) -> None:
    folder = write_app(
        files={
            "entry.py": "def f(:\n",
            "a.py": "x = 1\n  y = 2\n",
            "b.py": b"# coding: latin-1\nx = '\xe9'\n",
            "c.py": b"x = '\xe9'\n",
            "d.py": b"x = 1\0\n",
            "e.py": "import pytest",
        }
    )
    problems = validate_imports(read_source(folder))
    assert [problem.file for problem in problems] == ["a.py", "c.py", "d.py", "e.py", "entry.py"]
    assert [problem.line for problem in problems if problem.file in ("a.py", "entry.py")] == [2, 1]
    assert all(problem.message and problem.remedy for problem in problems)


def test_an_import_that_only_type_checkers_see_need_not_be_installed(judge: Judge) -> None:
    guard = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"
    assert judge(guard.format("from _typeshed import SupportsRead")) == ()
    # It would need the other app, or the inside of the core, all the same.
    (problem,) = judge(guard.format("from client_apps.globex.editor import x"))
    assert problem.rule == "other-app"


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import client_apps.globex.editor", "other-app"),
        ("from app.node import loader", "closed-core"),
        ("import helpers", "own-module"),
        ("import pytest", "not-installed"),
        ("import importlib\nimportlib.import_module('x')", "dynamic-import"),
        ("import importlib.util", "dynamic-import"),
        ("from sys import modules", "dynamic-import"),
        ("x = __import__('app')", "dynamic-import"),
        ("from pkgutil import resolve_name", "dynamic-import"),
        ("x = 'app.cell.loading.loader'", "module-in-text"),
        ("x = f'app.core.apps.{y}'", "module-in-text"),
        ("x = 'client_apps.' + y", "module-in-text"),
        ("exec('import client_apps.globex.editor')", "module-in-text"),
        ("def f(:", "python"),
    ],
)
def test_a_problem_names_the_rule_that_is_broken(judge: Judge, code: str, rule: str) -> None:
    found = judge(code)
    assert rule in {problem.rule for problem in found if problem.severity == "error"}
    assert all(problem.remedy and problem.file == "sub/deep.py" for problem in found)


@pytest.mark.parametrize(
    "code",
    [
        "import importlib.resources\nimportlib.resources.files('x')",
        "from importlib import metadata",
        "import sys\nx = sys.argv, sys.version_info",
        "x = 'app.sdk.Page', 'app.core.documents.save', 'client_apps.acme.counter.helpers'",
        "x = 'Open the app. Then', 'app.example.org', '/app/core', 'app/web.html.txt'",
        "from typing import get_type_hints",
    ],
)
def test_what_only_looks_like_a_way_round_is_no_problem(judge: Judge, code: str) -> None:
    assert judge(code) == ()


def test_code_in_texts_is_a_warning(judge: Judge) -> None:
    (problem,) = judge("x = eval('1 + 1')")
    assert (problem.rule, problem.severity) == ("dynamic-code", "warning")
    assert problem.line == 1


def test_without_a_requirements_file_no_app_may_import_anything(
    write_app: WriteApp, tmp_path: Path
) -> None:
    source = read_source(write_app(files={"entry.py": "import rich\nimport json\n"}))
    (problem,) = validate_imports(source, tmp_path)
    assert (problem.rule, problem.severity) == ("requirements", "error")
    assert str(tmp_path / "requirements.txt") in problem.message


def test_an_import_that_was_judged_before_is_told_where_it_stands_now(judge: Judge) -> None:
    (before,) = judge("import pytest")
    (after,) = judge("# One line more.\n\nimport pytest")

    assert (before.line, after.line) == (1, 3)
    assert (before.rule, before.message) == (after.rule, after.message)


def test_the_same_import_is_judged_anew_when_the_app_has_a_module_of_that_name(
    write_app: WriteApp,
) -> None:
    code = {"entry.py": "import shapes"}
    (before,) = validate_imports(read_source(write_app(files=code)))
    (after,) = validate_imports(read_source(write_app(files={**code, "shapes.py": ""})))

    assert (before.rule, after.rule) == ("not-installed", "own-module")


def test_the_same_import_is_judged_anew_when_its_lack_is_caught(judge: Judge) -> None:
    assert [problem.rule for problem in judge("import missing")] == ["not-installed"]
    assert judge("try:\n    import missing\nexcept ImportError:\n    pass") == ()


def test_the_same_import_is_judged_anew_once_there_is_a_requirements_file(
    write_app: WriteApp, tmp_path: Path
) -> None:
    source = read_source(write_app(files={"entry.py": "import pytest"}))
    before = validate_imports(source, tmp_path)
    (tmp_path / "requirements.txt").write_text("rich==15.0.0\n")

    assert [problem.rule for problem in before] == ["requirements"]
    assert [problem.rule for problem in validate_imports(source, tmp_path)] == ["not-installed"]
