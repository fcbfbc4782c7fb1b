"""Breaks in the forms that tools read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from app.rules.reports import as_github, as_json, as_sarif, as_text
from app.rules.rulebook import RULES_FILE, Break, read_rulebook

BOOK = read_rulebook(RULES_FILE)
BREAKS = (
    Break("icon", "error", "client_apps/acme/plan/entry.py", 3, "no such icon", "Choose one."),
    Break("dynamic-code", "warning", "app/a b.py", 7, "eval,\n100% bad: x", "Do not.", "eval"),
    Break("requirements", "error", "requirements.txt", None, "it is missing", "Put it there."),
    Break("load", "error", "", None, "it fails", "Correct it."),
)

_TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
# What the standard says of the parts that are written here (OASIS SARIF 2.1.0, sections 3.13, 3.14,
# 3.19, 3.27 to 3.30, 3.49): which there must be, their types, and that there are no others.
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/run"}},
    },
    "definitions": {
        "level": {"enum": ["none", "note", "warning", "error"]},
        "run": {
            "type": "object",
            "required": ["tool"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {"driver": {"$ref": "#/definitions/driver"}},
                    "additionalProperties": False,
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "originalUriBaseIds": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {"description": _TEXT},
                        "additionalProperties": False,
                    },
                },
                "results": {"type": "array", "items": {"$ref": "#/definitions/result"}},
            },
        },
        "driver": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "version": {"type": "string"},
                "rules": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {"$ref": "#/definitions/rule"},
                },
            },
        },
        "rule": {
            "type": "object",
            "required": ["id"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string"},
                "shortDescription": _TEXT,
                "help": _TEXT,
                "defaultConfiguration": {
                    "type": "object",
                    "properties": {"level": {"$ref": "#/definitions/level"}},
                    "additionalProperties": False,
                },
                "properties": {"type": "object"},
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/definitions/level"},
                "message": _TEXT,
                "locations": {"type": "array", "items": {"$ref": "#/definitions/location"}},
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "uri": {"type": "string", "format": "uri-reference"},
                                "uriBaseId": {"type": "string"},
                            },
                        },
                        "region": {
                            "type": "object",
                            "properties": {"startLine": {"type": "integer", "minimum": 1}},
                            "additionalProperties": False,
                        },
                    },
                }
            },
        },
    },
}


@pytest.fixture
def log() -> Any:
    return json.loads(as_sarif(BREAKS, BOOK, "0.1.0"))


def test_a_sarif_log_has_the_shape_that_the_standard_demands(log: Any) -> None:
    validator = jsonschema_rs.Draft7Validator(SARIF, validate_formats=True)
    assert [str(error) for error in validator.iter_errors(log)] == []
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not validator.is_valid(log)


def test_a_sarif_log_describes_every_rule_and_points_to_it(log: Any) -> None:
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(BOOK.rules)
    assert f"docs/rules.md#{rules[0]['id']}" in rules[0]["help"]["text"]
    known = [result for result in run["results"] if "ruleIndex" in result]
    assert [rules[r["ruleIndex"]]["id"] for r in known] == [r["ruleId"] for r in known]
    assert [r["ruleId"] for r in run["results"]] == [found.rule for found in BREAKS]
    assert [r["level"] for r in run["results"]] == ["error", "warning", "error", "error"]


def test_places_in_a_sarif_log_are_addresses_below_the_checkout(log: Any) -> None:
    (run,) = log["runs"]
    first, second, third, fourth = run["results"]
    physical = second["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "app/a%20b.py", "uriBaseId": "CHECKOUT"}
    assert physical["region"] == {"startLine": 7}
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert "locations" not in fourth
    assert "CHECKOUT" in run["originalUriBaseIds"]


def test_github_shows_severity_place_rule_and_hint() -> None:
    lines = as_github(BREAKS).splitlines()
    assert lines == [
        "::error file=client_apps/acme/plan/entry.py,line=3,title=icon::no such icon. Choose one.",
        "::warning file=app/a b.py,line=7,title=dynamic-code::eval,%0A100%25 bad: x. Do not.",
        "::error file=requirements.txt,title=requirements::it is missing. Put it there.",
        "::error title=load::it fails. Correct it.",
    ]


def test_nothing_in_a_break_can_end_the_annotation_that_it_is_in() -> None:
    found = Break("icon", "error", "a,title=b:c\n::error::x", 1, "m\r\n::error::y", "h")
    (line,) = as_github([found]).splitlines()
    assert line == (
        "::error file=a%2Ctitle=b%3Ac%0A%3A%3Aerror%3A%3Ax,line=1,title=icon::m%0D%0A::error::y. h"
    )


def test_json_has_the_breaks_as_they_are() -> None:
    told = json.loads(as_json(BREAKS, 5))
    assert told["rules"] == 5
    assert told["breaks"][1] == {
        "rule": "dynamic-code",
        "severity": "warning",
        "file": "app/a b.py",
        "line": 7,
        "message": "eval,\n100% bad: x",
        "hint": "Do not.",
        "subject": "eval",
    }


def test_text_begins_with_what_editors_follow() -> None:
    first = as_text(BREAKS).splitlines()[:2]
    assert first == [
        "client_apps/acme/plan/entry.py:3: error [icon] no such icon",
        "    Choose one.",
    ]
