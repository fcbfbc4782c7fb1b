"""One version's modules, beside those of other versions."""

from __future__ import annotations

import dataclasses
import importlib
import pickle
import sys
import threading
import types
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.cell.loading import importer
from app.cell.loading.import_lock import ImportBlocked, ImportLock
from app.cell.loading.importer import ImportedPackage
from app.rules.blame import problem_from_exception
from app.rules.remedies import ImportRefused
from app.rules.rulebook import RULES_FILE, read_rulebook
from app.source.app_source import read_source

PACKAGE = "client_apps.acme.made"
Import = Callable[..., ImportedPackage]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Import]:
    """Import entry.py (or another module) of an app made of these files."""
    before = {name for name in sys.modules if name.startswith("client_apps")}

    def load(
        files: dict[str, str], module: str = "entry", app_id: str = "acme/made"
    ) -> ImportedPackage:
        folder = tmp_path / str(len(list(tmp_path.iterdir()))) / "client_apps" / app_id
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        package = ImportedPackage(read_source(folder))
        with package.installed():
            package.import_module(f"{package.package}.{module}")
            package.complete_models()
        return package

    yield load
    for name in [name for name in sys.modules if name.startswith("client_apps")]:
        if name not in before:
            del sys.modules[name]


def entry(package: ImportedPackage) -> Any:
    return package.modules[f"{package.package}.entry"]


# Ways to import


@pytest.mark.parametrize(
    "statement",
    [
        "from .parts.deep import value",
        "from .parts import deep\nvalue = deep.value",
        "from . import parts\nvalue = parts.deep.value",
        "from client_apps.acme.made.parts.deep import value",
        "import client_apps.acme.made.parts.deep as d\nvalue = d.value",
        "import client_apps.acme.made.parts.deep\nvalue = client_apps.acme.made.parts.deep.value",
        "from .parts.deep import *",
        "from client_apps.acme.made.parts import *\nvalue = deep.value",
        "from .space.inner import value",
    ],
)
def test_modules_of_the_app_are_found(load: Import, statement: str) -> None:
    package = load(
        {
            "entry.py": statement,
            "parts/__init__.py": "from . import deep\n__all__ = ['deep']",
            "parts/deep.py": "value = 7",
            "space/inner.py": "from ..parts.deep import value",
        }
    )
    assert entry(package).value == 7


def test_modules_that_import_each_other_are_found(load: Import) -> None:
    package = load(
        {
            "entry.py": "from . import one",
            "one.py": "from . import two\nname = 'one'",
            "two.py": "from . import one\ndef other():\n    return one.name",
        }
    )
    assert entry(package).one.two.other() == "one"


def test_the_packages_own_init_runs_once_and_first(load: Import) -> None:
    package = load({"__init__.py": "seen = ['init']", "entry.py": "from . import seen"})
    assert entry(package).seen is package.modules[PACKAGE].seen
    assert entry(package).seen == ["init"]


def test_a_module_that_is_not_there_is_an_import_error(load: Import) -> None:
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        load({"entry.py": "from . import parts\nfrom .nothing import x", "parts.py": ""})


def test_files_that_are_not_there_at_reading_are_not_imported(load: Import, tmp_path: Path) -> None:
    """What was digested is what runs, whatever the disk says meanwhile."""
    package = load(
        {"entry.py": "def late():\n    from .part import v\n    return v", "part.py": "v=1"}
    )
    package.source.root.joinpath("part.py").write_text("v = 2")
    assert entry(package).late() == 1


def test_modules_look_like_ordinary_ones(load: Import) -> None:
    package = load({"entry.py": "import logging\nlogger = logging.getLogger(__name__)"})
    module = entry(package)
    assert module.__name__ == f"{PACKAGE}.entry"
    assert module.__package__ == PACKAGE
    assert module.__file__ == str(package.source.root / "entry.py")
    assert module.__spec__.origin == module.__file__
    assert module.__loader__.get_source(module.__name__).startswith("import logging")


def test_a_traceback_names_the_file(load: Import) -> None:
    package = load({"entry.py": "def fail():\n    return 1 / 0\n"})
    with pytest.raises(ZeroDivisionError) as caught:
        entry(package).fail()
    assert caught.traceback[-1].path == package.source.root / "entry.py"


# Versions beside each other


def versions(load: Import, **files: str) -> tuple[ImportedPackage, ImportedPackage]:
    """Import two versions in which VERSION stands for 1 and 2; the second is the newest."""

    def made(number: int) -> ImportedPackage:
        texts = {name.replace("_", "/") + ".py": text for name, text in files.items()}
        package = load({n: text.replace("VERSION", str(number)) for n, text in texts.items()})
        package.make_newest()
        return package

    return made(1), made(2)


def test_each_version_has_modules_of_its_own(load: Import) -> None:
    one, two = versions(load, entry="from .part import v", part="v = VERSION")
    assert (entry(one).v, entry(two).v) == (1, 2)
    assert sys.modules[f"{PACKAGE}.part"] is two.modules[f"{PACKAGE}.part"]


@pytest.mark.parametrize(
    "statement",
    [
        "from .late import v",
        "from client_apps.acme.made.late import v",
        "import client_apps.acme.made.late as m; v = m.v",
        "import client_apps.acme.made.late; v = client_apps.acme.made.late.v",
        "from . import late; v = late.v",
        "from .deep.below import v",
    ],
)
def test_an_old_version_that_imports_late_gets_its_own_modules(
    load: Import, statement: str
) -> None:
    one, two = versions(
        load,
        entry=f"def v_of():\n    {statement}\n    return v",
        late="v = VERSION",
        deep_below="from ..late import v",
    )
    newest = dict(sys.modules)
    assert entry(one).v_of() == 1
    assert entry(two).v_of() == 2
    assert entry(one).v_of() == 1
    assert sys.modules[f"{PACKAGE}.entry"] is newest[f"{PACKAGE}.entry"]
    assert sys.modules.get(f"{PACKAGE}.late") in (None, two.modules.get(f"{PACKAGE}.late"))


def test_late_imports_run_a_module_once(load: Import) -> None:
    one, _ = versions(
        load, entry="def late():\n    from . import part\n    return part", part="count = []"
    )
    assert entry(one).late() is entry(one).late()


def test_threads_that_import_late_do_not_get_each_others_versions(load: Import) -> None:
    one, two = versions(
        load, entry="def late():\n    from .part import v\n    return v", part="v = VERSION"
    )
    seen: dict[int, set[int]] = {1: set(), 2: set()}

    def run(number: int, package: ImportedPackage) -> None:
        for _ in range(50):
            seen[number].add(entry(package).late())

    threads = [threading.Thread(target=run, args=pair) for pair in ((1, one), (2, two))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {1: {1}, 2: {2}}


def test_two_apps_do_not_see_each_other(load: Import) -> None:
    mine = load({"entry.py": "name = 'mine'"})
    mine.make_newest()
    other = load({"entry.py": "name = 'other'"}, app_id="acme/other")
    other.make_newest()
    assert entry(mine).name == "mine"
    assert sys.modules[f"{PACKAGE}.entry"] is entry(mine)


# What it leaves


def test_importing_leaves_the_interpreter_as_it_was(load: Import) -> None:
    before, finders = set(sys.modules), list(sys.meta_path)
    load({"entry.py": "from . import part", "part.py": ""})
    assert {name for name in set(sys.modules) - before if name.startswith("client_apps")} == set()
    assert sys.meta_path == finders


def test_an_import_that_fails_leaves_the_interpreter_as_it_was(load: Import) -> None:
    good = load({"entry.py": "v = 1"})
    good.make_newest()
    before = {name: m for name, m in sys.modules.items() if name.startswith("client_apps")}
    finders = list(sys.meta_path)
    with pytest.raises(ZeroDivisionError):
        load({"entry.py": "from . import part\n1 / 0", "part.py": ""})
    after = {name: m for name, m in sys.modules.items() if name.startswith("client_apps")}
    assert after == before
    assert sys.meta_path == finders


def test_a_late_import_that_fails_can_be_tried_again(load: Import) -> None:
    package = load({"entry.py": "def late():\n    from . import bad", "bad.py": "1 / 0"})
    package.make_newest()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            entry(package).late()
    assert f"{PACKAGE}.bad" not in sys.modules
    assert f"{PACKAGE}.bad" not in package.modules


def test_a_forgotten_version_is_nowhere(load: Import) -> None:
    one, two = versions(load, entry="v = VERSION")
    one.forget()
    assert one.modules == {}
    assert sys.modules[f"{PACKAGE}.entry"] is entry(two)
    two.forget()
    assert f"{PACKAGE}.entry" not in sys.modules


def test_builtins_are_not_changed(load: Import) -> None:
    import builtins

    before = builtins.__import__
    package = load({"entry.py": "import builtins\nseen = builtins.__import__"})
    assert builtins.__import__ is before
    assert entry(package).seen is before


# What looks classes up by module name


TYPES = """
from __future__ import annotations
import dataclasses, enum, typing, pydantic

class Mood(enum.Enum):
    CALM = "calm"

@dataclasses.dataclass
class Point:
    mood: Mood
    next: Point | None = None
    count: typing.ClassVar[int] = 0

class Item(pydantic.BaseModel):
    mood: Mood
    parts: list[Item] = []
    later: Later | None = None

class Later(pydantic.BaseModel):
    n: int = VERSION

def item():
    return Item(mood="calm", parts=[{"mood": "calm"}], later={})
"""


def test_annotations_are_resolved_in_the_newest_version(load: Import) -> None:
    for module in map(entry, versions(load, entry=TYPES)):
        assert [field.name for field in dataclasses.fields(module.Point)] == ["mood", "next"]
    hints = typing.get_type_hints(module.Point)
    assert hints["mood"] is module.Mood
    assert hints["next"] == module.Point | None


def test_models_that_refer_to_later_ones_are_of_one_version(load: Import) -> None:
    one, two = versions(load, entry=TYPES)
    for number, package in ((1, one), (2, two)):
        made = entry(package).item()
        assert type(made.parts[0]) is entry(package).Item
        assert type(made.later) is entry(package).Later
        assert made.later.n == number
        assert made.mood is entry(package).Mood.CALM
    assert entry(one).Mood.CALM is not entry(two).Mood.CALM


def test_objects_of_the_newest_version_can_be_pickled(load: Import) -> None:
    _, two = versions(load, entry=TYPES)
    module = entry(two)
    point = module.Point(module.Mood.CALM)
    assert pickle.loads(pickle.dumps(point)) == point
    assert pickle.loads(pickle.dumps(module.Mood.CALM)) is module.Mood.CALM


def test_modules_are_modules(load: Import) -> None:
    package = load({"entry.py": ""})
    assert all(isinstance(module, types.ModuleType) for module in package.modules.values())
    assert set(package.modules) == {"client_apps", "client_apps.acme", PACKAGE, f"{PACKAGE}.entry"}


def test_a_forgotten_app_takes_nothing_from_the_others(load: Import) -> None:
    files = {"entry.py": "class Row:\n    pass"}
    kept = load(files)
    kept.make_newest()
    gone = load(files, app_id="acme/other")
    gone.make_newest()
    gone.forget()
    row = pickle.loads(pickle.dumps(entry(kept).Row()))
    assert type(row) is entry(kept).Row
    assert not hasattr(sys.modules["client_apps.acme"], "other")


def test_an_app_whose_name_begins_like_anothers_keeps_its_modules(load: Import) -> None:
    longer = load({"entry.py": "from . import parts", "parts.py": ""}, app_id="acme/made_longer")
    longer.make_newest()
    own = {name: sys.modules[name] for name in sys.modules if name.startswith(longer.package)}

    load({"entry.py": ""}).make_newest()
    load({"entry.py": ""}).make_newest()

    assert len(own) == 3
    assert {name: sys.modules.get(name) for name in own} == own


def test_an_app_may_name_a_module_as_it_likes(load: Import) -> None:
    name = f"{PACKAGE}.two\\nlines"
    odd = f"import sys, types\nsys.modules['{name}'] = types.ModuleType('x')"

    assert entry(load({"entry.py": odd})).types
    assert entry(load({"entry.py": "value = 1"})).value == 1
    sys.modules.pop(f"{PACKAGE}.two\nlines", None)


def test_apps_of_a_client_are_found_beside_each_other(load: Import) -> None:
    for app_id in ("acme/one", "acme/two", "globex/three"):
        load({"entry.py": "value = __name__"}, app_id=app_id).make_newest()
    top = sys.modules["client_apps"]
    assert top.acme.one.entry.value == "client_apps.acme.one.entry"
    assert top.acme.two.entry.value == "client_apps.acme.two.entry"
    assert top.globex.three.entry.value == "client_apps.globex.three.entry"


class ImportsMeanwhile(str):
    """A module's name; whoever looks at it gives another thread the time to import something."""

    __slots__ = ()

    def __contains__(self, part: str) -> bool:
        sys.modules[f"{self} again"] = types.ModuleType("meanwhile")
        return False


def test_another_thread_may_import_at_any_moment(
    load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "slow again", types.ModuleType("of this test"))
    monkeypatch.delitem(sys.modules, "slow again")
    monkeypatch.setitem(sys.modules, ImportsMeanwhile("slow"), types.ModuleType("of this test"))
    assert entry(load({"entry.py": "value = 1"})).value == 1


# What the rules refuse, although no import statement shows it


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("'app.run' + 'time.loader'", "closed-core"),
        ("'client_' + 'apps.globex.editor'", "other-app"),
        ("'py' + 'test'", "not-installed"),
        ("'run' + 'py'", "dynamic-import"),
    ],
)
def test_an_import_by_a_hidden_name_is_refused_when_it_runs(
    load: Import, name: str, rule: str
) -> None:
    package = load({"entry.py": f"f = lambda: __import__({name})\n"})
    with pytest.raises(ImportRefused) as caught:
        entry(package).f()
    assert (caught.value.rule, bool(caught.value.remedy)) == (rule, True)


def test_what_is_refused_when_it_runs_is_told_with_rule_and_remedy(load: Import) -> None:
    with pytest.raises(ImportRefused) as caught:
        load({"entry.py": "x = __import__('app.' + 'runtime')\n"})
    problem = problem_from_exception("acme/made", "load", caught.value, Path("/"))
    assert problem.rule == "closed-core"
    assert "app.sdk" in problem.remedy


def test_an_import_whose_lack_is_caught_is_missing_as_in_a_release(load: Import) -> None:
    text = "try:\n    import pytest\nexcept ImportError:\n    pytest = None\n"
    assert entry(load({"entry.py": text})).pytest is None


def test_what_an_exception_allows_works(
    load: Import, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    exceptions = tmp_path_factory.mktemp("exceptions") / "exceptions.toml"
    exceptions.write_text(
        '[[exception]]\nrule = "dynamic-import"\npath = "client_apps/acme/made/entry.py"\n'
        'pattern = "importlib*"\nreason = "Parts are looked for by name."\n'
    )
    book = read_rulebook(RULES_FILE, exceptions)
    monkeypatch.setattr("app.cell.loading.importer.rulebook", lambda: book)
    text = "import importlib\nvalue = importlib.import_module('.part', __package__).value"
    package = load({"entry.py": text, "part.py": "value = 7"})
    assert entry(package).value == 7
    with pytest.raises(ImportRefused):
        load({"entry.py": "from . import part", "part.py": text})


def test_python_finds_the_modules_of_the_core_that_it_needs_itself(load: Import) -> None:
    """Pickling names the module of a class, which an app could not import."""
    text = (
        "import pickle\nfrom app.core.documents import Document\n"
        "again = pickle.loads(pickle.dumps(Document))\n"
    )
    again = entry(load({"entry.py": text})).again
    assert (again.__module__, again.__name__) == ("app.kernel.contexts.documents", "Document")


def test_nobody_waits_for_a_load_that_does_not_end(
    load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "_imports", ImportLock(late=0))
    late = "def late():\n    from .part import v\n    return v\n"
    one, two = versions(load, entry=f"from . import part\n{late}", part="v = VERSION")
    other = load({"entry.py": late, "part.py": "v = 7"}, app_id="acme/other")
    endless = load({"entry.py": ""}, app_id="acme/endless")
    with loading(endless):
        one.make_newest()
        assert (entry(one).late(), entry(two).late()) == (1, 2)
        with pytest.raises(ImportBlocked):
            other.modules["client_apps.acme.other.entry"].late()
        two.forget()
    assert sys.modules[f"{PACKAGE}.entry"] is entry(one)
    assert two.modules == {}
    assert other.modules["client_apps.acme.other.entry"].late() == 7


@contextmanager
def loading(package: ImportedPackage) -> Iterator[None]:
    """Let a load of a version's app go on inside the `with` statement."""
    began, end = threading.Event(), threading.Event()

    def held() -> None:
        with package.installed():
            began.set()
            end.wait(20)  # only a failing test waits that long

    thread = threading.Thread(target=held)
    thread.start()
    began.wait()
    try:
        yield
        assert thread.is_alive()
    finally:
        end.set()
        thread.join()


# Files beside the code

READING = """
import importlib.resources
import pkgutil
from jinja2 import Environment, PackageLoader

PLACE = __package__


def by_resources():
    return importlib.resources.files(__package__).joinpath("data/words.txt").read_text()


def by_file():
    with importlib.resources.as_file(importlib.resources.files(__package__)) as folder:
        return (folder / "words.txt").read_text()


def by_pkgutil():
    return pkgutil.get_data(__name__, "data/words.txt").decode()


def by_jinja():
    return Environment(loader=PackageLoader(__package__, "data")).get_template("words.txt").render()
"""


@pytest.mark.parametrize("package", [{}, {"inner/__init__.py": ""}])
@pytest.mark.parametrize("way", ["by_resources", "by_file", "by_pkgutil", "by_jinja"])
def test_files_beside_the_code_are_read_by_way_of_the_package(
    load: Import, way: str, package: dict[str, str]
) -> None:
    data = {"inner/data/words.txt": "of the app", "inner/words.txt": "of the app"}
    made = load({"inner/reading.py": READING, **data, **package}, "inner.reading")
    with made.installed():
        assert vars(made.modules[f"{PACKAGE}.inner.reading"])[way]() == "of the app"


@pytest.mark.parametrize("package", [{}, {"__init__.py": ""}])
def test_python_imports_nothing_from_the_folder_itself(
    load: Import, package: dict[str, str]
) -> None:
    made = load({"entry.py": "", "later.py": "", **package})
    made.make_newest()
    assert f"{PACKAGE}.later" not in made.modules
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"{PACKAGE}.later")
