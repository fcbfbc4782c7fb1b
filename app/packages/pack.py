"""Pack: one app as an archive. The same source is the same bytes, wherever and whenever packed."""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from packaging.version import Version as GraftVersion
from pydantic import ValidationError

import app
from app.packages import tar
from app.packages.distributions import distributions_of
from app.packages.inflate import GZIP_HEADER
from app.packages.limits import PackageLimits
from app.packages.manifest import MANIFEST_FILE, Manifest, ManifestFile
from app.packages.paths import collisions, path_problem, shown
from app.packages.signing import SIGNATURE_FILE, SigningKey
from app.packages.unpack import FILES
from app.source.app_source import AppSource, SourceFile
from app.source.metadata import AppMetadata, default_url, read_metadata
from app.source.problems import AppError, Problem
from app.source.written import FILE as WRITTEN_FILE
from app.source.written import left_out as left_out_of

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_CHUNK = 64 * 1024
_DEFAULT_VERSION = "0.0.0"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an app only after it was loaded (see `dry_run`).

    The texts replace what the text of entry.py says; pages and libraries are sorted by `manifest`.
    """

    kind: str
    name: str
    version: str
    url: str
    description: str
    icon: str
    capabilities: tuple[str, ...]
    pages: tuple[str, ...]
    libraries: tuple[str, ...]
    origins: tuple[str, ...] = ()


def make_manifest(source: AppSource, facts: Facts | None = None) -> Manifest:
    """The manifest of an app.

    Without `facts` it is made from the text of entry.py, and lists no libraries. Raises AppError
    with everything that keeps the app from being packaged.
    """
    source = source.as_saved()
    facts = facts or _facts(read_metadata(source))
    problems = [*_path_problems(source), *_fact_problems(source, facts)]
    if problems:
        raise AppError(tuple(problems))
    kind = "static" if facts.kind == "static" else "dynamic"
    files = sorted((_listed(file) for file in source.files), key=lambda file: file.path)
    values = {
        "format": 1,
        "id": source.id,
        "kind": kind,
        "name": facts.name.strip(),
        "version": facts.version,
        "url": facts.url or default_url(source.id),
        "description": facts.description,
        "icon": facts.icon,
        "capabilities": tuple(sorted(set(facts.capabilities))),
        "origins": tuple(sorted(set(facts.origins))),
        "pages": tuple(sorted(set(facts.pages))),
        "graft": compatible_range(app.__version__),
        "distributions": distributions_of(source),
        "libraries": tuple(sorted(set(facts.libraries))),
        "source": source.digest,
        "files": tuple(files),
    }
    return _validated(source, values)


def left_out(source: AppSource) -> tuple[Problem, ...]:
    """Warnings about files in the app's folder that are not packaged, as the app wrote them."""
    return tuple(
        Problem(
            source.id,
            "package",
            path,
            None,
            f"{path} is left out: the app itself wrote it",
            "Let the app keep it in app.sdk.folder(). If it is yours, remove its line from"
            f" {WRITTEN_FILE}.",
            severity="warning",
        )
        for path in left_out_of(source.root)
    )


def pack(
    source: AppSource,
    *,
    manifest: Manifest | None = None,
    key: SigningKey | None = None,
    limits: PackageLimits | None = None,
) -> bytes:
    """The archive of an app; see `write_package`."""
    stream = io.BytesIO()
    write_package(stream, source, manifest=manifest, key=key, limits=limits)
    return stream.getvalue()


def write_package(
    stream: BinaryIO,
    source: AppSource,
    *,
    manifest: Manifest | None = None,
    key: SigningKey | None = None,
    limits: PackageLimits | None = None,
) -> Manifest:
    """Write the archive of an app to a stream; returns its manifest. Blocking.

    Signs it with `key`. Raises AppError when the app cannot be packaged, is too large, or changes
    while it is read; the stream then holds a part that is of no use.
    """
    manifest = manifest or make_manifest(source)
    limits = limits or PackageLimits()
    content = manifest.to_bytes()
    writer = _Gzip(stream)
    writer.entry(MANIFEST_FILE, len(content), [content])
    if key is not None:
        signature = key.sign(content)
        writer.entry(SIGNATURE_FILE, len(signature), [signature])
    for listed in manifest.files:
        file = source.by_path[listed.path]
        writer.entry(FILES + listed.path, listed.size, _content(source, file))
    written = writer.finish()
    if written > limits.compressed_bytes:
        raise AppError(
            (
                Problem(
                    source.id,
                    "package",
                    "",
                    None,
                    f"The package has {written} bytes; {limits.compressed_bytes} are allowed",
                    "Large data belongs in app.core.files, not into the app.",
                ),
            )
        )
    return manifest


def package_name(manifest: Manifest) -> str:
    """`<client>-<app>-<version>.tar.gz`."""
    return f"{manifest.id.replace('/', '-')}-{manifest.version}.tar.gz"


def compatible_range(version: str) -> str:
    """The versions of Graft that a package made with `version` runs on: `>=1.2,<2`.

    Before 1.0 every minor version may break apps: `>=0.3,<0.4`.
    """
    made = GraftVersion(version)
    end = f"0.{made.minor + 1}" if made.major == 0 else str(made.major + 1)
    return f">={made.major}.{made.minor},<{end}"


class _Gzip:
    """Writes entries of the tar file, compressed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY)
        self._crc = 0
        self._size = 0
        self._written = stream.write(GZIP_HEADER)

    def entry(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        self._add(tar.header(name, size))
        for chunk in chunks:
            self._add(chunk)
        self._add(bytes(tar.padding(size)))

    def finish(self) -> int:
        """Write the end; returns the size of the archive in bytes."""
        self._add(tar.END)
        self._written += self._stream.write(self._deflate.flush())
        trailer = self._crc.to_bytes(4, "little") + (self._size % 2**32).to_bytes(4, "little")
        return self._written + self._stream.write(trailer)

    def _add(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._written += self._stream.write(self._deflate.compress(data))


def _content(source: AppSource, file: SourceFile) -> Iterator[bytes]:
    """The bytes that were digested, or AppError: the file may have been saved since."""
    digest = hashlib.sha256()
    size = 0
    for chunk in _chunks(source.root, file):
        digest.update(chunk)
        size += len(chunk)
        if size > file.size:
            break
        yield chunk
    if size != file.size or digest.hexdigest() != file.sha256:
        name = file.path.as_posix()
        raise AppError(
            (
                Problem(
                    source.id,
                    "package",
                    name,
                    None,
                    f"{name} changed while the app was packaged",
                    "Package it again.",
                ),
            )
        )


def _chunks(root: Path, file: SourceFile) -> Iterator[bytes]:
    if file.content is not None:
        yield file.content
        return
    try:
        with open(root / file.path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except OSError:
        return  # a file that is gone has changed


def _listed(file: SourceFile) -> ManifestFile:
    return ManifestFile(path=file.path.as_posix(), size=file.size, sha256=file.sha256)


def _facts(metadata: AppMetadata) -> Facts:
    return Facts(
        kind=metadata.kind or "dynamic",
        name=metadata.name or "",
        version=_DEFAULT_VERSION if "version" not in metadata.lines else metadata.version or "",
        url=metadata.url or "",
        description=metadata.description or "",
        icon=metadata.icon or "",
        capabilities=metadata.capabilities or (),
        pages=metadata.pages or (),
        libraries=(),
        origins=metadata.origins or (),
    )


def _path_problems(source: AppSource) -> Iterator[Problem]:
    paths = [file.path.as_posix() for file in source.files]
    wrong = {path: problem for path in paths if (problem := path_problem(path)) is not None}
    for path, problem in (*wrong.items(), *collisions(path for path in paths if path not in wrong)):
        name = shown(path)
        yield Problem(source.id, "package", name, None, f"{name} {problem}", "Rename the file.")


def _fact_problems(source: AppSource, facts: Facts) -> Iterator[Problem]:
    line = read_metadata(source).line
    if not facts.name.strip():
        yield Problem(
            source.id,
            "package",
            "entry.py",
            line("name"),
            "The name of the app is not given",
            'Give the app a friendly name: name = "Example / Counter".',
        )
    if not _VERSION.fullmatch(facts.version):
        yield Problem(
            source.id,
            "package",
            "entry.py",
            line("version"),
            f'version "{shown(facts.version)}" cannot be part of a file name',
            'Use letters, digits and . + _ -, at most 64: version = "1.0.0".',
        )


def _validated(source: AppSource, values: dict[str, object]) -> Manifest:
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        raise AppError(
            tuple(
                Problem(
                    source.id,
                    "package",
                    "entry.py",
                    None,
                    f"{'.'.join(map(str, one['loc']))} {one['msg']}",
                    "Correct it in the class AppEntry.",
                )
                for one in error.errors(include_url=False, include_context=False)
            )
        ) from error
