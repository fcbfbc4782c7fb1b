"""Built front ends on disk, one folder for each content they were built from."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path

KEPT = 3
"""How many built front ends stay on disk, the current one included."""

# Core pages and the states they show are defined in these places only; the rest of the core is
# not compiled.
_SOURCES = (
    "app/web",
    "app/browser",
    "app/frontend",
    "app/source/own_pages.py",
    "assets",
    "reflex.lock",
    "rxconfig.py",
)
_IN_USE = "in-use.lock"
_SUFFIXES = frozenset({".py", ".js", ".css", ".json", ".lock"})


def content_key(root: Path) -> str:
    """Digest of everything that the front end of the checkout `root` is made from."""
    digest = hashlib.sha256()
    for name in sorted(_installed_reflex()):
        digest.update(name.encode())
    for path in sorted(_source_files(root)):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _installed_reflex() -> Iterator[str]:
    for found in distributions():
        name = found.name or ""
        if name.startswith(("reflex", "bun")):
            yield f"{name}=={found.version}"


def _source_files(root: Path) -> Iterator[Path]:
    for name in _SOURCES:
        place = root / name
        if place.is_file():
            yield place
        for folder, subfolders, files in os.walk(place):
            subfolders[:] = [entry for entry in subfolders if entry != "__pycache__"]
            yield from (
                Path(folder, file)
                for file in files
                if name == "assets" or Path(file).suffix in _SUFFIXES
            )


def store(cache: Path, key: str, parts: Iterable[tuple[Path, str]]) -> Path:
    """Put a built front end into the cache in one step: other processes see all of it or nothing.

    Args:
        cache: folder of built front ends.
        key: its `content_key`.
        parts: what to copy, and the name it gets.

    Returns:
        The folder `<cache>/<key>`, as it was if somebody else stored the same key meanwhile.
    """
    cache.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=cache))
    try:
        for source, name in parts:
            shutil.copytree(source, aside / name)
        shutil.copymode(cache, aside)  # mkdtemp's is for nobody else
        with contextlib.suppress(FileExistsError, OSError):
            aside.rename(cache / key)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if not (cache / key).is_dir():
        raise OSError(f"could not store the front end in {cache}")
    return cache / key


def prune(cache: Path, keep: str) -> None:
    """Delete old front ends: all but `keep` and the most recently used others, `KEPT` in all.

    What a running server serves stays too.
    """
    entries = [entry for entry in cache.iterdir() if entry.is_dir() and entry.name[0] != "."]
    entries.sort(key=lambda entry: (entry.name == keep, entry.stat().st_mtime), reverse=True)
    for entry in entries[KEPT:]:
        with (entry / _IN_USE).open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(entry, ignore_errors=True)


@contextlib.contextmanager
def in_use(entry: Path) -> Iterator[None]:
    """Keep a built front end from being pruned, also by other processes.

    Where nothing can be written, as in a release, nobody prunes.
    """
    if not os.access(entry, os.W_OK):
        yield
        return
    with (entry / _IN_USE).open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def locked(file: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold an exclusive lock among processes; `on_wait` is called once if another one holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
