"""The manifest of a package: what it contains, who it is for, what it needs.

manifest.json is the first file of an archive and names every other one with its digest, so that a
signature over the manifest's bytes is a signature over the whole package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from app.packages.paths import collisions, has_control_characters, path_problem, shown
from app.source.app_source import AppSource, SourceFile, name_problems
from app.source.problems import AppError, Problem

MANIFEST_FILE = "manifest.json"
FORMAT = 1
REMEDY = "Build the package again with: python -m app package <client>/<app>"

_MAX_FILES = 20_000
_MAX_FILE_BYTES = 2**40


def _no_control_characters(text: str) -> str:
    if has_control_characters(text, allow="\n\t"):
        raise ValueError("has an invisible character")
    return text


def _one_line(text: str) -> str:
    if has_control_characters(text):
        raise ValueError("has a line break or an invisible character")
    return text


def _app_id(text: str) -> str:
    if text.count("/") != 1:
        raise ValueError("is not <client>/<app>")
    problems = name_problems(text)
    if problems:
        raise ValueError("; ".join(problem.message for problem in problems))
    return text


def _file_path(path: str) -> str:
    problem = path_problem(path)
    if problem is not None:
        raise ValueError(problem)
    return path


def _specifier(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise ValueError('is not a range of versions like ">=1.2,<2"') from error
    return text


def _sorted_once(items: tuple[str, ...]) -> tuple[str, ...]:
    if list(items) != sorted(set(items)):
        raise ValueError("is not sorted, or has duplicates")
    return items


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
Lines = Annotated[tuple[Line, ...], Field(max_length=2_000), AfterValidator(_sorted_once)]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$", max_length=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ManifestFile(_Strict):
    """One file: posix path below the app's folder, size in bytes, hex SHA-256."""

    path: Annotated[str, StringConstraints(max_length=400), AfterValidator(_file_path)]
    size: Annotated[int, Field(ge=0, le=_MAX_FILE_BYTES)]
    sha256: Digest


class Manifest(_Strict):
    """What a package says about itself; the names are those of the contract.

    Attributes:
        format: version of this format.
        source: digest of the app's source (`AppSource.digest`): the same for the same files.
        graft: range of versions of Graft that the package was made for, as in PEP 440.
        distributions: Python distributions that the app imports, by canonical name.
        libraries: modules of the front end that its pages import.
        origins: other servers that its pages load from.
    """

    format: Literal[1]
    id: Annotated[str, StringConstraints(max_length=130), AfterValidator(_app_id)]
    kind: Literal["dynamic", "static"]
    name: Line
    version: Version
    url: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=130)]
    description: Annotated[
        str, StringConstraints(max_length=4_000), AfterValidator(_no_control_characters)
    ]
    icon: Line
    capabilities: Lines
    # Packages of before there were any do not have it.
    origins: Lines = ()
    pages: Lines
    graft: Annotated[str, StringConstraints(max_length=100), AfterValidator(_specifier)]
    distributions: Lines
    libraries: Lines
    source: Digest
    files: Annotated[tuple[ManifestFile, ...], Field(min_length=1, max_length=_MAX_FILES)]

    @model_validator(mode="after")
    def _whole(self) -> Manifest:
        paths = [file.path for file in self.files]
        if paths != sorted(paths):
            raise ValueError("files are not sorted by path")
        clash = next(collisions(paths), None)
        if clash is not None:
            raise ValueError(f"file {shown(clash[0])} {clash[1]}")
        if self.source != source_digest(self.id, self.files):
            raise ValueError("source is not the digest of the files")
        return self

    def to_bytes(self) -> bytes:
        """The manifest as it stands in the archive: the same bytes for the same values."""
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1)
        return f"{text}\n".encode()


def source_digest(app_id: str, files: Iterable[ManifestFile]) -> str:
    """The digest that `AppSource` computes for these files."""
    listed = (SourceFile(PurePosixPath(file.path), file.size, file.sha256) for file in files)
    return AppSource(app_id, Path(), tuple(listed)).digest


def parse_manifest(content: bytes, package: str) -> Manifest:
    """Read the bytes of a manifest.json; `package` names the archive in problems.

    Raises AppError with everything that is wrong, or with nothing but the format's version when
    that is another one.
    """
    try:
        values = json.loads(content, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise AppError((_problem(package, f"is not JSON: {_short(error)}"),)) from error
    if isinstance(values, dict) and values.get("format", FORMAT) != FORMAT:
        raise AppError((_other_format(package, values["format"]),))
    try:
        # From text and not from `values`: only there strict means what JSON can say.
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise AppError(tuple(_problem(package, _described(one)) for one in details[:50])) from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{shown(key)} is there twice")
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _described(detail: ErrorDetails) -> str:
    place = ".".join(str(step) for step in detail["loc"])
    value = detail["input"]
    named = f' "{shown(value)}"' if isinstance(value, str) else ""
    if detail["type"] == "extra_forbidden":
        return f"has a field that this version of Graft does not know: {shown(place)}"
    if detail["type"] == "missing":
        return f"lacks the field {place}"
    message = re.sub(r"^Value error, ", "", detail["msg"])
    return f"{shown(place)}{named}: {shown(message)}" if place else shown(message)


def _other_format(package: str, found: object) -> Problem:
    return Problem(
        package,
        "package",
        MANIFEST_FILE,
        None,
        f"has format {shown(str(found))}; this Graft reads format {FORMAT}",
        "Make the package with the version of Graft that runs on the server.",
    )


def _problem(package: str, message: str) -> Problem:
    return Problem(package, "package", MANIFEST_FILE, None, message, REMEDY)


def _short(error: Exception) -> str:
    return shown(str(error))[:200]
