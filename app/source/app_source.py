"""Source: the files of one client app, read once, addressed by one digest.

Everything later (metadata, rules, loader, compiler) works on this value, so that all of it sees
the same bytes even while an editor is saving the next version.
"""

from __future__ import annotations

import hashlib
import keyword
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from app.source.limits import Limits, megabytes
from app.source.problems import AppError, Problem
from app.source.written import is_as_it_was, noted_of, written

# Neither packaged nor loaded: tests, caches, and what tools leave behind.
IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_TOP_LEVEL_IGNORED = frozenset({"tests"})
_BACKUP = re.compile(
    r".*(?:~|\.sw[a-px]|\.py[co]|\.bak|\.orig|\.tmp[.\d]*|___jb_(?:tmp|old)___)|#.*#|4913"
)
# No double underscore: Reflex writes the dots of a module's name as three.
_NAME = re.compile(r"(?=.{1,60}\Z)[a-z][a-z0-9]*(?:_[a-z0-9]+)*")

# A file whose inode changed this shortly before it was read may change again without its time
# stamp showing it (kernels stamp in steps of up to 10 ms), so its digest is not reused.
_RACY_NS = 50_000_000

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: posix path below the app's folder, size in bytes, hex SHA-256 of the content.

    `content` is held for `.py` files only, so that what runs is exactly what was digested. `stamp`
    (inode, size, change time) lets an unchanged asset be recognised without reading it again.
    `is_written` says that the app wrote to it since, see `written.py`: the rest tells what it was.
    """

    path: PurePosixPath
    size: int
    sha256: str
    content: bytes | None = field(default=None, repr=False, compare=False)
    stamp: Stamp | None = field(default=None, repr=False, compare=False)
    is_written: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class AppSource:
    """All files of an app, sorted by path, and the digest that stands for id and content."""

    id: str
    root: Path
    files: tuple[SourceFile, ...]

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 over the id and each file's path and content; the same on every machine."""
        digest = hashlib.sha256(f"graft-source-1\0{self.id}\0".encode())
        for file in sorted(self.files, key=lambda f: f.path.as_posix()):
            digest.update(f"{file.path.as_posix()}\0{file.sha256}\0".encode())
        return digest.hexdigest()

    @cached_property
    def by_path(self) -> dict[str, SourceFile]:
        """Files by posix path."""
        return {file.path.as_posix(): file for file in self.files}

    @property
    def client(self) -> str:
        """The client's part of the id."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """The app's part of the id."""
        return self.id.partition("/")[2]

    @property
    def package(self) -> str:
        """Dotted name under which the app's code is imported."""
        return f"client_apps.{self.client}.{self.name}"

    def python_files(self) -> Iterator[tuple[SourceFile, bytes]]:
        """Each `.py` file with its content."""
        for file in self.files:
            if file.content is not None:
                yield file, file.content

    def as_saved(self) -> AppSource:
        """The same without files that are not any more what their author saved."""
        kept = tuple(file for file in self.files if not file.is_written)
        return self if len(kept) == len(self.files) else AppSource(self.id, self.root, kept)

    def assets(self) -> Iterator[SourceFile]:
        """Each file below `assets/`."""
        return (file for file in self.files if file.path.parts[0] == "assets")


def read_source(
    root: Path, previous: AppSource | None = None, limits: Limits | None = None
) -> AppSource:
    """Read the app in folder `root` (`…/<client>/<app>`).

    `previous` is an earlier reading of the same folder: digests of its assets are reused where the
    file system says that nothing changed. Raises AppError with all problems (bad name, symbolic
    links, unreadable or too many or too large files). A file that vanishes while it is read is
    left out: its deletion is a change of its own.
    """
    app_id = app_id_of(root)
    problems = list(name_problems(app_id))
    known = previous.by_path if previous is not None and previous.root == root else {}
    reader = _Reader(app_id, root, known, limits or Limits(), problems)
    files = tuple(sorted(reader.read(), key=lambda f: f.path.as_posix()))
    if problems:
        raise AppError(tuple(problems))
    return AppSource(app_id, root, files)


def app_id_of(root: Path) -> str:
    """The id `<client>/<app>` of the app in folder `root`, taken from the folders' names."""
    return f"{root.parent.name}/{root.name}"


def name_problems(app_id: str) -> tuple[Problem, ...]:
    """What is wrong with the names in an app id; nothing when both can be Python packages."""
    problems = []
    for role, name in zip(("client", "app"), app_id.split("/", 1), strict=True):
        if _NAME.fullmatch(name) and not keyword.iskeyword(name):
            continue
        suggestion = _usable_name(name, role)
        whose = "a client" if role == "client" else "an app"
        problems.append(
            Problem(
                app=app_id,
                stage="discover",
                file="",
                line=None,
                message=f'"{name}" cannot be the name of {whose}',
                remedy="Use lower case letters, digits and single _, at most 60, starting with a"
                f' letter: for example "{suggestion}".',
                rule="app-name",
            )
        )
    return tuple(problems)


def is_ignored(parts: Sequence[str]) -> bool:
    """Whether the path with these `parts` (below the app's folder) is no part of the app."""
    if not parts:
        return False
    if parts[0] in _TOP_LEVEL_IGNORED:
        return True
    return any(
        part.startswith(".") or part in IGNORED_FOLDERS or _BACKUP.fullmatch(part) is not None
        for part in parts
    )


def _usable_name(name: str, role: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    if keyword.iskeyword(plain):
        return f"{plain}_{role}"
    return plain if _NAME.fullmatch(plain) else f"{role}_{plain}".rstrip("_")


class _Reader:
    """One reading of a folder: collects files and problems."""

    def __init__(
        self,
        app_id: str,
        root: Path,
        known: dict[str, SourceFile],
        limits: Limits,
        problems: list[Problem],
    ) -> None:
        self._app_id = app_id
        self._root = root
        self._known = known
        self._limits = limits
        self._problems = problems
        self._count = 0
        self._total = 0
        self._python = 0
        self._written = written(root)

    def read(self) -> Iterator[SourceFile]:
        for entry, parts in self._walk(str(self._root), ()):
            try:
                noted = noted_of(parts, self._written)
                if noted is not None and not is_as_it_was(entry, noted):
                    if noted.sha256:
                        path = PurePosixPath(*parts)
                        yield SourceFile(path, noted.size, noted.sha256, is_written=True)
                    continue
                if not self._within_limits(entry, parts):
                    continue
                yield self._read_file(entry, parts)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._report_unreadable(parts, error)

    def _walk(
        self, folder: str, parts: tuple[str, ...]
    ) -> Iterator[tuple[os.DirEntry[str], tuple[str, ...]]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        except OSError as error:
            self._report_unreadable(parts, error)
            return
        for entry in entries:
            inner = (*parts, entry.name)
            if is_ignored(inner):
                continue
            if entry.is_symlink():
                self._report(
                    inner, "is a symbolic link", "Replace it with a copy of the file or folder."
                )
            elif not _is_utf8(entry.name):
                self._report(inner, "has a name that is not UTF-8", "Rename the file.")
            elif entry.is_dir(follow_symlinks=False):
                yield from self._walk(entry.path, inner)
            elif entry.is_file(follow_symlinks=False):
                yield entry, inner

    def _read_file(self, entry: os.DirEntry[str], parts: tuple[str, ...]) -> SourceFile:
        path = PurePosixPath(*parts)
        stamp = _stamp(entry)
        known = self._known.get(path.as_posix())
        if known is not None and known.stamp is not None and known.stamp == stamp:
            return known
        # The change time is compared with a clock read before the content.
        settled = time.time_ns() - stamp[2] > _RACY_NS
        if path.suffix == ".py":
            content = Path(entry.path).read_bytes()
            return SourceFile(path, len(content), hashlib.sha256(content).hexdigest(), content)
        with open(entry.path, "rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
        return SourceFile(path, size, sha256, stamp=stamp if settled else None)

    def _within_limits(self, entry: os.DirEntry[str], parts: tuple[str, ...]) -> bool:
        limits = self._limits
        try:
            size = entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            return False
        except OSError as error:
            self._report_unreadable(parts, error)
            return False
        self._count += 1
        self._total += size
        path = PurePosixPath(*parts)
        self._python += size if path.suffix == ".py" else 0
        excess = limits.excess(path, size, self._python)
        if excess is not None:
            self._report(parts, *excess)
            return False
        if self._count == limits.files + 1:
            self._report(
                (), f"The app has more than {limits.files} files", "Remove what it does not need."
            )
        if self._total > limits.total_bytes >= self._total - size:
            self._report(
                (),
                f"The app is larger than {megabytes(limits.total_bytes)}",
                "Remove what it does not need.",
            )
        return self._count <= limits.files and self._total <= limits.total_bytes

    def _report_unreadable(self, parts: tuple[str, ...], error: OSError) -> None:
        self._report(
            parts,
            f"cannot be read: {error.strerror}",
            "Give the account that the server runs as read access.",
        )

    def _report(self, parts: tuple[str, ...], message: str, remedy: str) -> None:
        # Names that are not UTF-8 cannot be printed or sent as they are.
        file = "/".join(parts).encode("utf-8", "backslashreplace").decode()
        text = f"{file} {message}".lstrip()
        self._problems.append(
            Problem(self._app_id, "discover", file, None, text, remedy, rule="app-files")
        )


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    status = entry.stat(follow_symlinks=False)
    return status.st_ino, status.st_size, status.st_ctime_ns


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
