"""Remedies: for exceptions that authors of client apps meet often, what to do about them."""

from __future__ import annotations

import builtins
import difflib
import re
import sys
import traceback
from collections.abc import Callable
from types import ModuleType

from app.bridge.errors import UnsendableValue
from app.kernel.errors import FolderFull, ReadOnlyFolder
from app.kernel.grants import CapabilityNotGranted
from app.rules.installed import installed_version, is_imported
from app.rules.rulebook import rulebook
from app.rules.signatures import WrongUpgrade
from app.sdk.config import SettingsInvalid, SettingsUndeclared


class LoadTimedOut(BaseException):
    """A load went on for too long. Apps catch every `Exception`, so this is none."""

    def __str__(self) -> str:
        return "loading the app takes too long; this is where it was"


class ImportRefused(ImportError):
    """A client app imports, while it runs, what a rule forbids; the text says what.

    Attributes:
        rule: id of the rule.
        remedy: what to do.
    """

    def __init__(self, message: str, *, rule: str, remedy: str, name: str) -> None:
        super().__init__(message, name=name)
        self.rule = rule
        self.remedy = remedy


Remedy = Callable[[BaseException, str], str | None]

NO_PROCESSES = "Persistent processes are not part of this version of Graft: none would run"
WITHOUT_PROCESSES = (
    "Leave processes out. What should run while somebody has the app open can be an event with "
    "@rx.event(background=True)."
)
NOTHING_WAITS = (
    "Nothing may wait or compute for long while an app is loaded: do it in an event, or in a"
    " background event."
)
DEFAULT_REMEDY = (
    "The traceback shows how it came to this: correct the line, or handle the error where it can be"
    " met."
)


def remedy_for(exc: BaseException, app: str) -> str:
    """What the author of `app` (`<client>/<app>`) can do about `exc`; never empty."""
    for rule in _RULES:
        remedy = rule(exc, app)
        if remedy:
            return remedy
    return DEFAULT_REMEDY


def remedy_for_import(module: str, app: str) -> str:
    """What to do when `app` imports the absolute name `module` and may not or cannot."""
    top, *rest = module.split(".")
    own = app.replace("/", ".")
    if top == "client_apps":
        inside = ".".join(rest)
        if inside == own or inside.startswith(own + "."):
            missing = "/".join(inside.split(".")[2:]) or "__init__"
            return f"The app has no module {missing}.py: create it or correct the name."
        return rulebook()["other-app"].hint
    if top == "app":
        return rulebook()["closed-core"].hint
    if top in sys.stdlib_module_names:
        return f"This Python has no module {module}: correct the name."
    if rest and is_imported(top):
        return f"The installed version of {top} has no module {module}: correct the name."
    if installed_version(top):
        return (
            f"{top} is installed, but this process cannot find it yet: restart the server. Some"
            " packages are found only by a Python that starts after they were installed."
        )
    return rulebook()["not-installed"].hint.replace("{subject}", top)


def _too_long(exc: BaseException, app: str) -> str | None:
    return NOTHING_WAITS if isinstance(exc, LoadTimedOut) else None


def _missing_module(exc: BaseException, app: str) -> str | None:
    if not isinstance(exc, ModuleNotFoundError) or not exc.name:
        return None
    return remedy_for_import(exc.name, app)


def _missing_name(exc: BaseException, app: str) -> str | None:
    if not isinstance(exc, ImportError):
        return None
    if "partially initialized module" in str(exc) or "circular import" in str(exc):
        return "Two modules import each other: move what both need into a third module."
    if exc.name == "app.sdk" and "'Process'" in str(exc):
        return f"{NO_PROCESSES}. {WITHOUT_PROCESSES}"
    if exc.name and exc.name.startswith("client_apps.") and not _is_own(exc.name, app):
        return remedy_for_import(exc.name, app)
    return f"{exc.name or 'The module'} does not define that name: define it or correct the import."


def _is_own(module: str, app: str) -> bool:
    own = "client_apps." + app.replace("/", ".")
    return module == own or module.startswith(own + ".")


def _syntax(exc: BaseException, app: str) -> str | None:
    if isinstance(exc, TabError):
        return "Indent with spaces only."
    if isinstance(exc, IndentationError):
        return "Correct the indentation of the line."
    if isinstance(exc, SyntaxError):
        return "Correct the syntax of the line, or of the one before it."
    return None


def _near_miss(exc: BaseException, app: str) -> str | None:
    """A known name that is almost the unknown one."""
    if isinstance(exc, NameError) and exc.name and exc.__traceback__:
        *_, (frame, _) = traceback.walk_tb(exc.__traceback__)
        known = {*frame.f_locals, *frame.f_globals, *dir(builtins)}
    elif isinstance(exc, AttributeError) and exc.name and exc.obj is not None:
        # Not dir() of any object: that may run the author's code.
        plain = isinstance(exc.obj, type | ModuleType)
        known = set(dir(exc.obj) if plain else object.__dir__(exc.obj))
    else:
        return None
    close = difflib.get_close_matches(exc.name, known, n=1, cutoff=0.7)
    return f"Did you mean {close[0]}?" if close else None


def _by_text(exc: BaseException, app: str) -> str | None:
    """Mistakes that only the text of the exception tells apart."""
    try:
        text = f"{type(exc).__name__}: {exc}"
    except Exception:
        # The exception is the author's: even its text may fail.
        return None
    return next((remedy for pattern, remedy in _TEXTS if pattern.search(text)), None)


_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"Cannot convert Var .* to bool"),
        "A page is built once, before values exist: use rx.cond(var, …) instead of `if`, and "
        "&, |, ~ instead of and, or, not.",
    ),
    (
        re.compile(r"Cannot iterate over Var"),
        "A page is built once, before values exist: use rx.foreach(var, render) instead of `for`.",
    ),
    (
        re.compile(r"'in' operator not supported for Var"),
        "Use var.contains(value) instead of `value in var`.",
    ),
    (
        re.compile(r"Variable `.*` cannot be set on"),
        'setvar("name") needs a setter: define `def set_name(self, value)` in the state, and name'
        " it in the page, or use it through setvar.",
    ),
    (
        re.compile(r"UntypedVarError|without a type|UntypedComputedVarError"),
        "Annotate the var with the type of its items, for example rows: list[dict[str, str]].",
    ),
    (
        re.compile(r"defined multiple times|already registered as a substate"),
        "Two states have the same name: rename one of them.",
    ),
    (
        re.compile(r"Dynamic route arg .* is shadowing|DynamicRouteArgShadowsStateVarError"),
        "A parameter of a url template has the name of a state var: rename one of them.",
    ),
    (
        re.compile(r"attempt to write a readonly database|Read-only file system"),
        "The folder of the app's code is read-only: keep what it writes in app.sdk.folder().",
    ),
    (
        re.compile(r"^NameError"),
        "Import or define the name, or correct its spelling.",
    ),
    (
        re.compile(r"^AttributeError: type object 'State' has no attribute"),
        "Correct the name, or define the var. If it is a parameter of an address, put it into a url"
        " template of pages, in brackets, and read it in a page function or a handler, not in the"
        " class AppEntry: the title of a page can name a computed var that returns it.",
    ),
    (
        re.compile(r"^AttributeError: 'NoneType' object"),
        "There is None where something else is expected: look at where it should have been set.",
    ),
    (
        re.compile(r"^AttributeError: .*has no attribute"),
        "Correct the name of the attribute, or define it.",
    ),
    (
        re.compile(r"^RecursionError"),
        "Something calls itself without end: give it a condition that stops it.",
    ),
    (
        re.compile(r"^KeyError"),
        "Nothing is stored under this key: look with `in` first, or use .get(key).",
    ),
    (
        re.compile(r"^IndexError"),
        "There are fewer items than that: look at the length first.",
    ),
    (
        re.compile(r"^ZeroDivisionError"),
        "The divisor is 0: look at it first.",
    ),
    (
        re.compile(r"^ValueError: (invalid literal for int|could not convert string)"),
        "The text is no number: check what people enter before it is converted, and tell them.",
    ),
    (
        re.compile(r"^ValueError: (not enough|too many) values to unpack"),
        "There must be as many values on the right as names on the left.",
    ),
    (
        re.compile(r"^TypeError: .*(takes .* argument|required .*argument|unexpected keyword)"),
        "Call it with the arguments that it declares, or change what it declares.",
    ),
    (
        re.compile(r"^TypeError: (unsupported operand|can only concatenate|.* must be str)"),
        "The two sides are of types that do not go together: convert one of them.",
    ),
    (
        re.compile(r"^FileNotFoundError"),
        "Files beside the code are below Path(__file__).parent, what the app writes belongs in"
        " app.sdk.folder(): look whether it is there.",
    ),
    (
        re.compile(r"^AssertionError"),
        "The assertion does not hold: correct it, or what comes before it.",
    ),
    (
        re.compile(r"^NotFound"),
        "It was deleted, or belongs to another organisation: catch NotFound of app.core.errors, and"
        " tell whoever asked.",
    ),
    (
        re.compile(r"^Conflict"),
        "Somebody else saved first: catch Conflict, merge with its `current`, and save again.",
    ),
    (
        re.compile(r"^(Timeout|Connection\w*)Error"),
        "Importing a module should only define things: connect in an event or in on_load instead.",
    ),
)


_WITH_REMEDY = (
    *(CapabilityNotGranted, SettingsInvalid, UnsendableValue, ImportRefused),
    *(WrongUpgrade, FolderFull, ReadOnlyFolder, SettingsUndeclared),
)


def _of_the_core(exc: BaseException, app: str) -> str | None:
    return exc.remedy if isinstance(exc, _WITH_REMEDY) else None


_RULES: tuple[Remedy, ...] = (
    _too_long,
    _of_the_core,
    _missing_module,
    _missing_name,
    _syntax,
    _near_miss,
    _by_text,
)
