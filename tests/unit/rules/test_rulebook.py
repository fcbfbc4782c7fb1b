"""The rules as data, and the exceptions to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.rules.rulebook import RULES_FILE, RulebookInvalid, read_rulebook

RULE = """
[[rule]]
id = "no-x"
kind = "names"
title = "Nobody uses x."
pattern = ["x"]
scope = ["app/**/*.py"]
message = "Uses {subject}"
hint = "Use y."
"""
EXCEPTION = """
[[exception]]
rule = "no-x"
path = "app/a.py"
pattern = "x*"
reason = "It is where x is made."
"""


def write(folder: Path, rules: str, exceptions: str = "") -> tuple[Path, Path]:
    (folder / "rules.toml").write_text(rules)
    (folder / "exceptions.toml").write_text(exceptions)
    return folder / "rules.toml", folder / "exceptions.toml"


def test_a_rule_describes_a_break_in_its_words(tmp_path: Path) -> None:
    rule = read_rulebook(write(tmp_path, RULE)[0])["no-x"]
    found = rule.found("app/b.py", 3, "x.y")
    assert (found.rule, found.severity, found.line) == ("no-x", "error", 3)
    assert (found.message, found.hint) == ("Uses x.y", "Use y.")


def test_an_exception_allows_what_it_names_and_no_more(tmp_path: Path) -> None:
    book = read_rulebook(*write(tmp_path, RULE, EXCEPTION))
    rule = book["no-x"]
    allowed = book.allows(rule.found("app/a.py", 1, "x.y"))
    assert allowed is not None
    assert allowed.reason == "It is where x is made."
    assert book.allows(rule.found("app/b.py", 1, "x.y")) is None
    assert book.allows(rule.found("app/a.py", 1, "y")) is None


def test_without_a_file_of_exceptions_there_are_none(tmp_path: Path) -> None:
    rules, exceptions = write(tmp_path, RULE)
    exceptions.unlink()
    assert read_rulebook(rules, exceptions)["no-x"].whitelist == ()


@pytest.mark.parametrize(
    ("rules", "exceptions", "says"),
    [
        (RULE.replace("no-x", "No X"), "", "No X: id"),
        (RULE.replace('kind = "names"', 'kind = "nothing"'), "", "kind"),
        (RULE.replace("hint", "hunt"), "", "hint"),
        (RULE + 'severity = "note"', "", "severity"),
        (RULE + RULE, "", "two rules have the id no-x"),
        (RULE + "[other]", "", "nothing else"),
        ("rule = 1", "", "nothing else"),
        ("[[rule", "", "cannot be read"),
        (RULE, EXCEPTION.replace("no-x", "no-z"), 'no rule "no-z"'),
        (RULE, EXCEPTION.replace("It is where x is made.", "so"), "reason"),
        (RULE.replace("names", "entry"), EXCEPTION, "cannot have exceptions"),
    ],
)
def test_rules_that_are_wrong_are_refused(
    tmp_path: Path, rules: str, exceptions: str, says: str
) -> None:
    with pytest.raises(RulebookInvalid, match=says):
        read_rulebook(*write(tmp_path, rules, exceptions))


def test_missing_rules_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(RulebookInvalid, match="cannot be read"):
        read_rulebook(tmp_path / "none.toml")


def test_the_rules_of_this_checkout_name_no_client_app() -> None:
    """A release is made without client apps: their exceptions are beside them."""
    whitelists = [e.path for rule in read_rulebook(RULES_FILE) for e in rule.whitelist]
    assert whitelists
    assert not [path for path in whitelists if path.startswith("client_apps")]
