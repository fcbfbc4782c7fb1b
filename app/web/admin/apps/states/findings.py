"""What is wrong with a package, as the admin pages show it."""

from typing import TypedDict

from app.source.problems import Problem


class Finding(TypedDict):
    """One thing that is wrong with a package."""

    place: str
    message: str
    remedy: str
    detail: str
    rule: str


class FindingGroup(TypedDict):
    """What is wrong with one file of a package."""

    file: str
    findings: list[Finding]


def finding(problem: Problem) -> Finding:
    """Describe a problem of a package."""
    return Finding(
        place=problem.place,
        message=problem.message,
        remedy=problem.remedy,
        detail=problem.detail,
        rule=problem.rule,
    )


def grouped(problems: tuple[Problem, ...]) -> list[FindingGroup]:
    """Group problems by file, those of the whole package first."""
    files: dict[str, list[Finding]] = {}
    for problem in sorted(problems, key=lambda p: (p.file, p.line or 0)):
        files.setdefault(problem.file, []).append(finding(problem))
    return [
        FindingGroup(file=file or "The package", findings=found) for file, found in files.items()
    ]
