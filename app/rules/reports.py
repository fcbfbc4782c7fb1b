"""Breaks of rules, for people and for programs: text, JSON, SARIF 2.1.0, annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal
from urllib.parse import quote

from app.rules.rulebook import Break, Rulebook

Format = Literal["text", "json", "sarif", "github"]

DOCUMENTATION = "docs/rules.md"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(breaks: Sequence[Break]) -> str:
    """A line `file:line: severity [rule] message` for each, and below it what to do."""
    return "\n".join(
        f"{_place(found)}: {found.severity} [{found.rule}] {found.message}\n    {found.hint}"
        for found in breaks
    )


def as_json(breaks: Sequence[Break], rules: int) -> str:
    """An object with the number of rules, and with the breaks as they are."""
    return json.dumps({"rules": rules, "breaks": [asdict(found) for found in breaks]})


def as_github(breaks: Sequence[Break]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a change."""
    return "\n".join(
        f"::{found.severity} {_properties(found)}::{_data(f'{found.message}. {found.hint}')}"
        for found in breaks
    )


def as_sarif(breaks: Sequence[Break], book: Rulebook, version: str) -> str:
    """A log in SARIF 2.1.0 with one run; `version` is Graft's."""
    ids = list(book.rules)
    driver = {
        "name": "graft",
        "version": version,
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "help": {"text": f"{rule.hint} See {DOCUMENTATION}#{rule.id}."},
                "defaultConfiguration": {"level": rule.severity},
                "properties": {"kind": rule.kind},
            }
            for rule in book
        ],
    }
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "originalUriBaseIds": {"CHECKOUT": {"description": {"text": "The checkout."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(found, ids) for found in breaks],
            }
        ],
    }
    return json.dumps(log)


def _result(found: Break, ids: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "level": found.severity,
        "message": {"text": f"{found.message}. {found.hint}"},
    }
    if found.rule in ids:
        result["ruleIndex"] = ids.index(found.rule)
    if found.file:
        physical: dict[str, Any] = {
            "artifactLocation": {"uri": quote(found.file), "uriBaseId": "CHECKOUT"}
        }
        if found.line:
            physical["region"] = {"startLine": found.line}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _place(found: Break) -> str:
    file = found.file or "client_apps"
    return f"{file}:{found.line}" if found.line else file


def _properties(found: Break) -> str:
    properties = {"file": found.file, "line": found.line, "title": found.rule}
    given = ((name, str(value)) for name, value in properties.items() if value)
    return ",".join(f"{name}={_property(value)}" for name, value in given)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
