"""`python -m scripts.release`: makes a release, or a bundle that installs without a network."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.release.archive import write_archive
from scripts.release.build import build_release, version_of
from scripts.release.bundle import add_wheels
from scripts.release.stage import CannotRelease, commit

CHECKOUT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.folder is not None:
            build_release(CHECKOUT, chosen.folder.absolute())
        else:
            print(_archive(chosen.output.absolute(), offline=chosen.offline))
    except CannotRelease as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _archive(output: Path, *, offline: bool) -> Path:
    output.mkdir(parents=True, exist_ok=True)
    name = f"graft-{version_of(CHECKOUT)}{'-offline' if offline else ''}"
    with tempfile.TemporaryDirectory(prefix="graft-release-") as work:
        release = Path(work, name)
        build_release(CHECKOUT, release)
        if offline:
            add_wheels(CHECKOUT, release)
        target = output / f"{name}.tar.gz"
        write_archive(release, target, commit(CHECKOUT)[1])
    return target


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts.release", description=__doc__)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("dist"), help="folder for the archive"
    )
    parser.add_argument("--folder", type=Path, help="write the files into this folder, no archive")
    parser.add_argument("--offline", action="store_true", help="with all wheels: a bundle")
    return parser


if __name__ == "__main__":
    sys.exit(main())
