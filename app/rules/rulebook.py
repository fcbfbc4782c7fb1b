"""The rules as data: `rules.toml`, and the exceptions that somebody allowed.

An exception has its place in the whitelist of its rule. One for a client app would name the app in
the core, so those are in `client_apps/exceptions.toml`, which goes away with the apps.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.rules.globs import in_scope, matches
from app.source.problems import Severity

Kind = Literal[
    "imports", "installed", "own-module", "names", "texts", "requirements",
    "app-names", "contract", "exceptions", "entry", "module", "folder", "compile",
]  # fmt: skip

_Model = TypeVar("_Model", bound=BaseModel)

ROOT = Path(__file__).parents[2]
"""The checkout or release that this is: requirements.txt and client_apps/ are there."""
RULES = Path("app", "rules", "rules.toml")
EXCEPTIONS = Path("client_apps", "exceptions.toml")
RULES_FILE = ROOT / RULES

# The server takes for granted what the other kinds say: an exception would not make it true.
_WITH_EXCEPTIONS = frozenset(
    {"imports", "installed", "own-module", "names", "texts", "app-names", "contract"}
)


class RulebookInvalid(Exception):
    """The rules cannot be used; the text says in which file, and why."""


class Exemption(BaseModel):
    """Something that may break a rule.

    Attributes:
        path: glob of the files.
        pattern: which modules or names in them, with `*`.
        reason: why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    pattern: str
    reason: Annotated[str, Field(min_length=10)]


class Rule(BaseModel):
    """One rule.

    Attributes:
        id: its name, in messages and in docs/rules.md.
        kind: which checker looks after it, and what `pattern` means; see rules.toml.
        severity: an error refuses, a warning only tells.
        title: what must be, in a sentence.
        message: what is told of a break; `{subject}` stands for what was found.
        scope: globs of the files that it is about; those that begin with `!` are left out.
        whitelist: exceptions.
        hint: what to do, for breaks that have no better advice of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    kind: Kind
    severity: Severity = "error"
    title: Annotated[str, Field(min_length=1)]
    message: str = ""
    pattern: tuple[str, ...] = ()
    scope: Annotated[tuple[str, ...], Field(min_length=1)]
    whitelist: tuple[Exemption, ...] = ()
    hint: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _may_have_exceptions(self) -> Self:
        if self.whitelist and self.kind not in _WITH_EXCEPTIONS:
            raise ValueError(f"a rule of the kind {self.kind} cannot have exceptions")
        return self

    def is_about(self, path: str) -> bool:
        """Tell whether a file, by its path below the checkout, is in the rule's scope."""
        return in_scope(path, self.scope)

    def exemption(self, path: str, subject: str) -> Exemption | None:
        """Return what allows a break; None when nothing does."""
        return next(
            (
                exemption
                for exemption in self.whitelist
                if matches(path, exemption.path) and fnmatchcase(subject, exemption.pattern)
            ),
            None,
        )

    def found(
        self, file: str, line: int | None, subject: str, *, message: str = "", hint: str = ""
    ) -> Break:
        """Describe a break, in the rule's words where no others are given."""
        return Break(
            rule=self.id,
            severity=self.severity,
            file=file,
            line=line,
            message=message or self.message.replace("{subject}", subject),
            hint=hint or self.hint.replace("{subject}", subject),
            subject=subject,
        )


@dataclass(frozen=True, slots=True)
class Break:
    """One place that breaks a rule.

    Attributes:
        rule, severity: which, and how bad that is.
        file: posix path below the checkout; "" when no single file is to blame.
        line: counted from 1; None when no single line is to blame.
        message: what is wrong, without a full stop at its end.
        hint: what to do.
        subject: the module or name that it is about, by which it can be excepted.
    """

    rule: str
    severity: Severity
    file: str
    line: int | None
    message: str
    hint: str
    subject: str = ""


@dataclass(frozen=True, eq=False)
class Rulebook:
    """All rules, by id. Compared by identity; never changed."""

    rules: dict[str, Rule]

    def __getitem__(self, id: str) -> Rule:
        return self.rules[id]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    @cached_property
    def names(self) -> frozenset[str]:
        """First parts of all names that rules forbid to use."""
        patterns = (pattern for rule in self.of_kind("names") for pattern in rule.pattern)
        return frozenset(pattern.removeprefix("!").partition(".")[0] for pattern in patterns)

    def of_kind(self, *kinds: Kind) -> tuple[Rule, ...]:
        """Return the rules of some kinds, in the order of the file."""
        return tuple(rule for rule in self if rule.kind in kinds)

    def allows(self, found: Break) -> Exemption | None:
        """Return the exception that allows a break; None when there is none."""
        return self[found.rule].exemption(found.file, found.subject)


@cache
def rulebook(root: Path = ROOT) -> Rulebook:
    """Return the rules of a checkout or release, with the exceptions for its client apps.

    Raises:
        RulebookInvalid: a file of them is wrong.
    """
    return read_rulebook(root / RULES, root / EXCEPTIONS)


def read_rulebook(rules: Path, exceptions: Path | None = None) -> Rulebook:
    """Read rules, and further exceptions if their file is there.

    Raises:
        RulebookInvalid: a file cannot be read or is wrong.
    """
    book: dict[str, Rule] = {}
    for values in _tables(rules, "rule"):
        rule = _built(Rule, values, rules)
        if rule.id in book:
            raise RulebookInvalid(f"{rules}: two rules have the id {rule.id}")
        book[rule.id] = rule
    if exceptions is not None and exceptions.exists():
        for values in _tables(exceptions, "exception"):
            id = str(values.pop("rule", ""))
            if id not in book:
                raise RulebookInvalid(f'{exceptions}: there is no rule "{id}"')
            allowed = [*book[id].whitelist, _built(Exemption, values, exceptions)]
            book[id] = _built(Rule, {**book[id].model_dump(), "whitelist": allowed}, exceptions)
    return Rulebook(book)


def _tables(file: Path, name: str) -> list[dict[str, Any]]:
    """Return the tables `[[name]]` of a file that has nothing else."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RulebookInvalid(f"{file} cannot be read: {error}") from error
    tables = content.pop(name, [])
    if content or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise RulebookInvalid(f"{file}: it may have tables [[{name}]] and nothing else")
    return tables


def _built(model: type[_Model], values: dict[str, Any], file: Path) -> _Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        what = values.get("id") or values.get("path") or values
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RulebookInvalid(f"{file}: {what}: {where} {first['msg']}".rstrip()) from error
