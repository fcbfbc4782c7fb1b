"""The contracts of import-linter in pyproject.toml, judged like every other rule.

import-linter is a tool for developing: it is not in a release, which has no contracts either.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.rules.rulebook import Break, Rule, Rulebook, RulebookInvalid

CONFIGURATION = "pyproject.toml"


class ToolsMissing(Exception):
    """What developing needs is not installed."""


def breaks_of_contracts(book: Rulebook, root: Path) -> Iterator[Break]:
    """Check the contracts of a checkout, each under the rule that names its id.

    Raises:
        ToolsMissing: import-linter is not installed.
        RulebookInvalid: a contract has no rule, a rule no contract, or a contract is wrong.
    """
    report = _report(root)
    rules = {rule.pattern[0]: rule for rule in book.of_kind("contract")}
    checked = list(report.get_contracts_and_checks())
    ids = {str(contract.contract_options.get("id")) for contract, _ in checked}
    if ids != rules.keys():
        lonely = ", ".join(sorted(ids ^ rules.keys()))
        raise RulebookInvalid(
            f"{root / CONFIGURATION}: each contract needs an id, and a rule of the kind contract"
            f" with that id in app/rules/rules.toml; not so with {lonely}"
        )
    for contract, check in checked:
        rule = rules[contract.contract_options["id"]]
        seen: set[tuple[str, int | None]] = set()
        chains = (*_chains(check.metadata), *_circles(check.metadata, report.graph))
        for chain in chains:
            found = _break(rule, chain, root)
            if (found.message, found.line) not in seen:
                seen.add((found.message, found.line))
                yield found


def _report(root: Path) -> Any:
    """What import-linter found: the graph of imports, contracts and what became of them."""
    try:
        from grimp.adaptors.packagefinder import ImportLibPackageFinder
        from grimp.application.config import settings
        from importlinter import api
        from importlinter.application import use_cases
    except ModuleNotFoundError as error:
        raise ToolsMissing(
            "The rules of the whole code base need import-linter, which a release does not have:"
            " run this in a checkout, after `make run` or `make check` set it up"
        ) from error

    class InCheckout(ImportLibPackageFinder):  # type: ignore[misc, unused-ignore]
        """Finds `app` in the checkout that is judged, which need not be the one that runs."""

        def determine_package_directories(self, package_name: str, file_system: Any) -> set[str]:
            return {str(root / package_name)}

    assert api  # importing it registers the kinds of contracts
    usual = settings.PACKAGE_FINDER
    settings.configure(PACKAGE_FINDER=InCheckout())
    try:
        # It draws its progress; what is printed here is the report, perhaps for a program.
        with contextlib.redirect_stdout(io.StringIO()):
            options = use_cases.read_user_options(str(root / CONFIGURATION))
            use_cases._register_contract_types(options)
            report = use_cases.create_report(options, cache_dir=None)
    except Exception as error:
        raise RulebookInvalid(f"{root / CONFIGURATION}: {error}") from error
    finally:
        settings.configure(PACKAGE_FINDER=usual)
    for name, wrong in report.invalid_contract_options.items():
        raise RulebookInvalid(f'{root / CONFIGURATION}: contract "{name}": {wrong.errors}')
    return report


def _chains(metadata: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    """Chains of imports that break a contract, from whoever imports to what he may not."""
    for found in metadata.get("invalid_chains", ()):
        yield from found["chains"]
    for found in metadata.get("invalid_dependencies", ()):
        for route in found["routes"]:
            # Several modules may begin or end the same chain.
            middle = list(route["chain"][1:])
            for first in (route["chain"][0], *route.get("extra_firsts", ())):
                yield [first, *middle]
    for layer in metadata.get("undeclared_modules", ()):
        yield [{"importer": layer, "imported": layer, "line_numbers": ()}]


def _circles(metadata: Mapping[str, Any], graph: Any) -> Iterator[list[Mapping[str, Any]]]:
    """Imports without which there would be no circle, each as a chain of one."""
    for imports in metadata.get("cycle_breakers_by_package", {}).values():
        for importer, imported in sorted(imports):
            details = graph.get_import_details(importer=importer, imported=imported)
            lines = tuple(detail["line_number"] for detail in details)
            yield [{"importer": importer, "imported": imported, "line_numbers": lines}]


def _break(rule: Rule, chain: list[Mapping[str, Any]], root: Path) -> Break:
    importer = str(chain[0]["importer"])
    lines = [line for line in chain[0]["line_numbers"] if line]
    way = " → ".join([importer, *(str(link["imported"]) for link in chain)])
    message = f"Imports {way.removeprefix(importer + ' → ')}: {rule.title}"
    return rule.found(
        _file_of(importer, root),
        min(lines, default=None),
        str(chain[-1]["imported"]),
        message=message.rstrip("."),
    )


def _file_of(module: str, root: Path) -> str:
    path = Path(*module.split("."))
    file = path / "__init__.py" if (root / path).is_dir() else path.with_suffix(".py")
    return file.as_posix()
