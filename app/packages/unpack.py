"""Unpack: read an archive that anybody may have made into a fresh folder, or refuse it.

Nothing is written but files that the manifest names, with paths that were checked before, each
created anew and not executable, in a folder that only this user may enter. When anything is wrong
the folder is gone again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from app.packages import tar
from app.packages.inflate import Inflated, Refused
from app.packages.limits import PackageLimits
from app.packages.manifest import MANIFEST_FILE, REMEDY, Manifest, ManifestFile, parse_manifest
from app.packages.paths import Collisions, path_problem, shown
from app.packages.signing import SIGNATURE_FILE, SIGNATURE_LIMIT
from app.source.app_source import AppSource, SourceFile
from app.source.problems import AppError, Problem

FILES = "files/"
"""Folder of the archive that holds the app's own files."""

_CHUNK = 64 * 1024
_MAX_PROBLEMS = 100


@dataclass(frozen=True)
class Unpacked:
    """A package that was read: every byte is as its manifest says.

    Attributes:
        manifest: what the package says about itself.
        manifest_bytes: what a signature signs.
        signature: content of manifest.sig, None when there is none.
        source: the app's files, below `folder`.
        folder: the folder that was made; whoever asked removes it.
    """

    manifest: Manifest
    manifest_bytes: bytes = field(repr=False)
    signature: bytes | None = field(repr=False)
    source: AppSource
    folder: Path


def unpack(
    stream: BinaryIO,
    workspace: Path,
    limits: PackageLimits | None = None,
    *,
    package: str = "package",
) -> Unpacked:
    """Read the archive in `stream` into a new folder below `workspace`; blocking.

    `package` names the archive in problems until its manifest tells the app's id. Raises AppError
    with all problems; nothing is left in `workspace` then.
    """
    folder = Path(tempfile.mkdtemp(prefix="package-", dir=workspace))
    try:
        reading = _Reading(stream, folder, limits or PackageLimits(), package)
        return reading.read()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class _Reading:
    """One reading of an archive: collects files and problems."""

    def __init__(self, stream: BinaryIO, folder: Path, limits: PackageLimits, package: str) -> None:
        self._stream = stream
        self._folder = folder
        self._limits = limits
        self._app = package
        self._problems: list[Problem] = []
        self._manifest: Manifest | None = None
        self._manifest_bytes = b""
        self._signature: bytes | None = None
        self._expected: dict[str, ManifestFile] = {}
        self._names = Collisions()
        self._order: list[str] = []
        self._python = 0
        self._files: list[SourceFile] = []

    def read(self) -> Unpacked:
        try:
            self._read_entries(Inflated(self._stream, self._limits))
        except Refused as refused:
            self._report("", refused.message, refused.remedy)
        else:
            self._report_missing()
        if self._problems or self._manifest is None:
            raise AppError(tuple(self._problems))
        source = AppSource(self._manifest.id, self._root(self._manifest.id), tuple(self._files))
        return Unpacked(self._manifest, self._manifest_bytes, self._signature, source, self._folder)

    def _root(self, app_id: str) -> Path:
        client, _, name = app_id.partition("/")
        return self._folder / client / name

    def _read_entries(self, archive: Inflated) -> None:
        for number, entry in enumerate(self._headers(archive)):
            if number == 0 and entry.name != MANIFEST_FILE:
                self._report(
                    MANIFEST_FILE, f"is not the first file of the archive ({MANIFEST_FILE})", REMEDY
                )
            if number > self._limits.source.files + 1:
                raise Refused(
                    f"The archive has more than {self._limits.source.files} files",
                    "Remove what the app does not need.",
                )
            self._read_entry(archive, number, entry)
            if any(archive.exactly(tar.padding(entry.size))):
                self._report(entry.name, "is followed by hidden data", REMEDY)
        archive.finish()

    def _headers(self, archive: Inflated) -> Iterator[tar.Header]:
        """Each entry; the caller reads its content before it asks for the next."""
        while True:
            block = archive.exactly(tar.BLOCK)
            if not any(block):
                if any(archive.exactly(tar.BLOCK)):
                    raise Refused("The archive is incomplete", REMEDY)
                return
            try:
                yield tar.read_header(block)
            except tar.NotTar as error:
                raise Refused(f"The archive is not a tar file, or {error}", REMEDY) from error

    def _read_entry(self, archive: Inflated, number: int, entry: tar.Header) -> None:
        if entry.kind != "file":
            self._report(
                entry.name, f"is a {entry.kind}", "Packages hold plain files only. " + REMEDY
            )
            _skip(archive, entry.size)
        elif not entry.plain:
            self._report(
                entry.name,
                "has an owner, a mode, a time or a form that `package` does not write",
                REMEDY,
            )
            _skip(archive, entry.size)
        elif number == 0 and entry.name == MANIFEST_FILE:
            self._read_manifest(archive, entry)
        elif number == 1 and entry.name == SIGNATURE_FILE:
            self._signature = self._small(archive, entry, SIGNATURE_LIMIT)
        else:
            self._read_file(archive, entry)

    def _read_manifest(self, archive: Inflated, entry: tar.Header) -> None:
        content = self._small(archive, entry, self._limits.manifest_bytes)
        if content is None:
            return
        try:
            self._manifest = parse_manifest(content, self._app)
        except AppError as error:
            self._problems.extend(error.problems)
            return
        self._manifest_bytes = content
        self._app = self._manifest.id
        self._expected = {file.path: file for file in self._manifest.files}
        if len(self._expected) > self._limits.source.files:
            raise Refused(
                f"The app has more than {self._limits.source.files} files",
                "Remove what it does not need.",
            )
        self._root(self._app).mkdir(parents=True)

    def _small(self, archive: Inflated, entry: tar.Header, limit: int) -> bytes | None:
        if entry.size <= limit:
            return archive.exactly(entry.size)
        self._report(entry.name, f"is larger than {limit} bytes", REMEDY)
        _skip(archive, entry.size)
        return None

    def _read_file(self, archive: Inflated, entry: tar.Header) -> None:
        problem = self._name_problem(entry.name) or self._size_problem(entry)
        if problem is not None:
            self._report(entry.name.removeprefix(FILES), *problem)
        # Without a manifest there is nothing to compare with; the rest of the names is still read.
        if problem is not None or self._manifest is None:
            _skip(archive, entry.size)
            return
        path = entry.name.removeprefix(FILES)
        self._order.append(path)
        file = self._write(archive, PurePosixPath(path), entry.size)
        if file.sha256 != self._expected[path].sha256:
            self._report(path, "is not what the manifest says (other digest)", "Send it again.")
        self._files.append(file)

    def _name_problem(self, name: str) -> tuple[str, str] | None:
        if not name.startswith(FILES):
            # `..` and absolute paths are named as what they are, wherever they are.
            wrong = path_problem(name) or f"lies outside {FILES}"
            return wrong, REMEDY
        path = name.removeprefix(FILES)
        unusable = path_problem(path) or self._names.add(path)
        return (unusable, "Rename or remove the file. " + REMEDY) if unusable else None

    def _size_problem(self, entry: tar.Header) -> tuple[str, str] | None:
        path = PurePosixPath(entry.name)
        self._python += entry.size if path.suffix == ".py" else 0
        excess = self._limits.source.excess(path, entry.size, self._python)
        if excess is not None:
            return excess
        if self._manifest is None:
            return None
        expected = self._expected.get(entry.name.removeprefix(FILES))
        if expected is None:
            return "is not in the manifest", REMEDY
        if expected.size != entry.size:
            return f"has {entry.size} bytes, the manifest says {expected.size}", REMEDY
        return None

    def _write(self, archive: Inflated, path: PurePosixPath, size: int) -> SourceFile:
        target = self._root(self._app) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        kept: list[bytes] | None = [] if path.suffix == ".py" else None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(target, flags, 0o600), "wb") as file:
            for chunk in _chunks(archive, size):
                digest.update(chunk)
                file.write(chunk)
                if kept is not None:
                    kept.append(chunk)
        content = None if kept is None else b"".join(kept)
        return SourceFile(path, size, digest.hexdigest(), content)

    def _report_missing(self) -> None:
        if self._manifest is None:
            if not self._problems:
                self._report(MANIFEST_FILE, "is missing", REMEDY)
            return
        broken = {problem.file for problem in self._problems}
        for path in self._expected:
            if path not in broken and path not in self._order:
                self._report(path, "is in the manifest, but not in the archive", REMEDY)
        if self._order != sorted(self._order):
            self._report("", "The files are not in the order of the manifest", REMEDY)

    def _report(self, file: str, message: str, remedy: str) -> None:
        name = shown(file)
        text = f"{name} {message}".lstrip()
        self._problems.append(Problem(self._app, "package", name, None, text, remedy))
        if len(self._problems) >= _MAX_PROBLEMS:
            raise AppError(tuple(self._problems))


def _chunks(archive: Inflated, size: int) -> Iterator[bytes]:
    while size:
        chunk = archive.exactly(min(size, _CHUNK))
        size -= len(chunk)
        yield chunk


def _skip(archive: Inflated, size: int) -> None:
    for _ in _chunks(archive, size):
        pass
