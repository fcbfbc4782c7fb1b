"""Archive: one `.tar.gz` that is the same for the same files, whoever makes it and when."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path


def write_archive(folder: Path, target: Path, time: int) -> None:
    """Write `folder` and all below it to `target`, under the folder's own name.

    Args:
        folder: what goes in.
        target: the file, `….tar.gz`; it is there whole or not at all.
        time: modification time of every file, in seconds since 1970.
    """
    aside = target.with_name(f".{target.name}.part")

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mtime = time
        info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
        return info

    with (
        aside.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for path in (folder, *sorted(folder.rglob("*"))):
            name = Path(folder.name, path.relative_to(folder)).as_posix()
            tar.add(path, name, recursive=False, filter=plain)
    aside.rename(target)
