"""Rules about the class AppEntry, except those about its pages and assets.

Each rule looks at one thing, takes the subject and yields a problem for each mistake.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator

from app.kernel.capabilities import CAPABILITIES
from app.rules.entry.subject import Subject, Unknown, as_tuple, is_sdk, not_texts, texts, type_of
from app.rules.remedies import NO_PROCESSES, WITHOUT_PROCESSES
from app.rules.signatures import takes_values
from app.source.metadata import ENTRY_CLASS, ENTRY_FILE, default_url
from app.source.problems import Problem
from app.source.python_text import NotPython, decode, parse

_COMMON = ("name", "version", "url", "description", "icon", "capabilities", "origins")
FIELDS = {
    "dynamic": (
        *(*_COMMON, "pages", "stylesheets", "style", "theme", "settings", "on_settings"),
        *("on_resume", "processes", "frame"),
    ),
    "static": (*_COMMON, "root"),
}
METHODS = ("upgrade", "asset", "link")
# What people who know other frameworks write.
_SYNONYMS = {
    "title": "name",
    "label": "name",
    "route": "url",
    "path": "url",
    "slug": "url",
    "permissions": "capabilities",
    "hosts": "origins",
    "csp": "origins",
    "css": "stylesheets",
    "styles": "stylesheets",
    "routes": "pages",
    "views": "pages",
    "folder": "root",
    "summary": "description",
}
# First segments of the core's own routes: an app of that name would be taken for a part of it.
RESERVED_URLS = frozenset(
    {"admin", "api", "apps", "assets", "dev", "files", "healthz", "index", "login", "logout"}
    | {"metrics", "readyz", "static"}
)
_URL = re.compile(r"[a-z0-9-]+")
# What authors take for capabilities -> those that they need.
_PART_OF = {
    "documents": '"documents:read", or "documents:write", which includes it',
    "files": '"files:read", or "files:write", which includes it',
    "presence": '"broadcast", which presence is part of',
    "subscribe": '"broadcast" for topics of pages, "documents:read" for those of documents',
}
_WITHOUT_CAPABILITY = {
    "accounts": "Reading the members",
    "folder": "A folder of the app's own",
    "log": "The log",
    "settings": "Reading settings",
    "uploads": "Keeping uploads in the app's folder",
}


def has_entry_file(subject: Subject) -> Iterator[Problem]:
    """There is an entry.py."""
    if ENTRY_FILE not in subject.source.by_path:
        yield Problem(
            subject.source.id,
            "validate",
            ENTRY_FILE,
            None,
            "There is no entry.py",
            "Create entry.py with `class AppEntry(DynamicApp)`, "
            f"or begin with `python -m app new {subject.source.client}/another_name`.",
        )


def has_entry_class(subject: Subject) -> Iterator[Problem]:
    """entry.py defines or imports AppEntry."""
    if subject.entry is not None or subject.metadata.has_entry or _binds_entry(subject):
        return
    yield subject.problem(
        ENTRY_CLASS,
        "entry.py does not define the class AppEntry",
        "Define `class AppEntry(DynamicApp):` with name, version and pages "
        "(from app.sdk import DynamicApp).",
    )


def derives_from_sdk(subject: Subject) -> Iterator[Problem]:
    """AppEntry derives from DynamicApp or StaticApp."""
    if subject.entry is None:
        wrong = subject.metadata.has_entry and not subject.metadata.bases
    else:
        wrong = subject.kind is None
    if wrong:
        yield subject.problem(
            ENTRY_CLASS,
            "AppEntry is derived from neither DynamicApp nor StaticApp",
            "Write `class AppEntry(DynamicApp):` (from app.sdk import DynamicApp).",
        )


def name_is_given(subject: Subject) -> Iterator[Problem]:
    """`name` is a text that is not blank."""
    value = subject.value("name")
    if value is Unknown.NOT_LITERAL or (isinstance(value, str) and value.strip()):
        return
    missing = value is Unknown.NOT_GIVEN or isinstance(value, str)
    message = "name is missing or empty" if missing else f"name is {type_of(value)}, not a string"
    yield subject.problem(
        "name", message, 'Give the app a friendly name: name = "Example / Counter".'
    )


def version_is_text(subject: Subject) -> Iterator[Problem]:
    """`version` is a text that is not blank."""
    value = subject.value("version")
    if isinstance(value, Unknown) or (isinstance(value, str) and value.strip()):
        return
    message = (
        "version is empty"
        if isinstance(value, str)
        else f"version is {type_of(value)}, not a string"
    )
    yield subject.problem("version", message, 'Write it in quotes: version = "1.0.0".')


def frame_is_true_or_false(subject: Subject) -> Iterator[Problem]:
    """`frame` is True or False."""
    value = subject.value("frame")
    if not isinstance(value, Unknown | bool):
        message = f"frame is {type_of(value)}, neither True nor False"
        yield subject.problem("frame", message, "Write frame = False to have no bar, or leave it.")


def description_is_text(subject: Subject) -> Iterator[Problem]:
    """`description` is a string."""
    value = subject.value("description")
    if not isinstance(value, Unknown | str):
        yield subject.problem(
            "description",
            f"description is {type_of(value)}, not a string",
            'Write it in quotes: description = "Counts things".',
        )


def url_is_usable(subject: Subject) -> Iterator[Problem]:
    """`url` is made of a-z, 0-9 and -, and is not reserved for Graft."""
    value = subject.value("url")
    if isinstance(value, Unknown) or value == "":
        return
    default = default_url(subject.source.id)
    if not isinstance(value, str):
        yield subject.problem(
            "url",
            f"url is {type_of(value)}, not a string",
            f'Write url = "{default}", or leave it out.',
        )
    elif not _URL.fullmatch(value):
        plain = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or default
        yield subject.problem(
            "url",
            f'url "{value}" has characters other than a-z, 0-9 and -',
            f'Write url = "{plain}"; paths below it belong in pages.',
        )
    elif value in RESERVED_URLS:
        yield subject.problem(
            "url", f'url "{value}" is reserved for Graft', f'Write url = "{default}".'
        )


def url_is_free(subject: Subject) -> Iterator[Problem]:
    """No other app has the url."""
    value = subject.value("url")
    if value is Unknown.NOT_LITERAL:
        return
    url = value if isinstance(value, str) and value else default_url(subject.source.id)
    other = subject.taken_urls.get(url)
    if other is not None and other != subject.source.id:
        default = default_url(subject.source.id)
        free = default if default != url else f"{default}-2"
        yield subject.problem(
            "url",
            f'{subject.source.id} and {other} both have the url "{url}"',
            f'Give one of them another: url = "{free}".',
        )


def capabilities_are_known(subject: Subject) -> Iterator[Problem]:
    """`capabilities` is a sequence of known capabilities."""
    value = subject.value("capabilities")
    if isinstance(value, Unknown):
        return
    wrong = not_texts(value)
    if wrong:
        yield subject.problem(
            "capabilities",
            f"capabilities is {wrong}",
            f"Write {as_tuple('capabilities', value, 'documents:write')}.",
        )
        return
    for capability in texts(value):
        if capability not in CAPABILITIES:
            yield subject.problem(
                "capabilities",
                f'There is no capability "{capability}"',
                f"{_meant(capability)} Capabilities are {', '.join(sorted(CAPABILITIES))}.".strip(),
            )


def _meant(capability: str) -> str:
    """Return what to write in place of a capability that does not exist."""
    if capability in _WITHOUT_CAPABILITY:
        return f"{_WITHOUT_CAPABILITY[capability]} needs none: leave it out."
    known = _PART_OF.get(capability)
    if known is None:
        close = difflib.get_close_matches(capability, CAPABILITIES, n=1, cutoff=0.6)
        return f'Did you mean "{close[0]}"?' if close else ""
    return f"Write {known}."


def attributes_are_known(subject: Subject) -> Iterator[Problem]:
    """No attribute looks like a misspelt one of the contract."""
    kind = subject.kind
    if kind is None:
        return
    fields = FIELDS[kind]
    methods = subject.metadata.methods
    for name in subject.metadata.lines:
        known = METHODS if name in methods else fields
        if name.startswith("_") or ":" in name or name in (ENTRY_CLASS, *fields, *METHODS):
            continue
        close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.78)
        meant = close[0] if close else (None if name in methods else _SYNONYMS.get(name.lower()))
        if meant in known:
            yield subject.problem(
                name, f"AppEntry has no attribute {name}", f"Did you mean {meant}?"
            )


def processes_are_none(subject: Subject) -> Iterator[Problem]:
    """`processes` is empty. This release runs none, and an app must not believe that it does."""
    value = subject.value("processes")
    written = "processes" in subject.metadata.lines
    if isinstance(value, Unknown) and not written:
        return
    if isinstance(value, tuple | list) and not value:
        return
    yield subject.problem("processes", NO_PROCESSES, WITHOUT_PROCESSES)


def upgrade_can_be_called(subject: Subject) -> Iterator[Problem]:
    """`upgrade` is a class method, as it is called without an instance, and takes the values."""
    where = next((c for c in _mro(subject) if "upgrade" in vars(c)), None)
    if where is None or is_sdk(where):
        return
    own = vars(where)["upgrade"]
    if not isinstance(own, classmethod | staticmethod):
        yield subject.problem(
            "upgrade", "upgrade is not a class method", "Put @classmethod on the line above it."
        )
    elif not takes_values(subject.entry):
        yield subject.problem(
            "upgrade",
            "upgrade does not take the values and the previous version",
            "Write `def upgrade(cls, values, previous):`, and return the values.",
        )


def _binds_entry(subject: Subject) -> bool:
    """Whether entry.py defines AppEntry in another way: imports it, assigns it, in a block.

    True also for a file that is not Python: that is a problem of its own.
    """
    content = subject.source.by_path[ENTRY_FILE].content or b""
    try:
        tree = parse(decode(content))
    except (SyntaxError, NotPython):
        return True
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and (node.asname or node.name) in (ENTRY_CLASS, "*"):
            return True
        if isinstance(node, ast.Name) and node.id == ENTRY_CLASS:
            return True
        if isinstance(node, ast.ClassDef) and node.name == ENTRY_CLASS:
            return True
    return False


def _mro(subject: Subject) -> tuple[type, ...]:
    return subject.entry.__mro__ if subject.entry is not None else ()
