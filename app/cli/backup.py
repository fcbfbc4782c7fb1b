"""`python -m app backup` and `restore`: everything that must last, in one file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn, cast

import typer

from app.cli.on_data import DATA, AsJson, Data
from app.cli.progress import Reporter, reporter
from app.core.backup import Place, Written, check, write_backup
from app.core.backup import restore as restore_backup
from app.kernel.errors import CoreError, sentence

PIPE = "-"
FAILED = 1


def backup(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write, or - for standard output."),
    ] = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Leave out secret.key; keep it somewhere else.")
    ] = False,
    without_database: Annotated[
        bool,
        typer.Option(
            "--without-database", help="Leave out the database: its server has backups of its own."
        ),
    ] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Back up all data that must be kept; the server may be running."""
    with _telling(output, as_json) as report:
        if output == Path(PIPE):
            written = asyncio.run(
                _write(data, _standard_output(), data, not without_key, without_database, report)
            )
            where = "standard output"
        else:
            file = output or Path(f"graft-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz")
            written = _write_file(data, file, not without_key, without_database, report)
            where = str(file)
        _tell_written(report, written, where)
        if written.missing:
            raise typer.Exit(FAILED)


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Backup to read, or - for standard input.")
    ],
    data: Data = DATA,
    only_check: Annotated[
        bool, typer.Option("--check", help="Check the whole backup, restore nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a data folder, which must be empty."""
    with _telling(None, as_json) as report, _opened(file, report) as source:
        if only_check:
            with tempfile.TemporaryDirectory(prefix=".graft-check-", dir=_beside(file)) as scratch:
                read = check(source, Path(scratch), report.step)
            text = "is complete and undamaged"
        else:
            read = asyncio.run(restore_backup(source, data.resolve(), os.environ, report.step))
            text = f"is restored to {data}"
        report.step("Done", 1.0)
        about = read.about
        report.result(
            "checked" if only_check else "restored",
            f"The backup of {about.made_at:%Y-%m-%d %H:%M} UTC {text}:"
            f" {read.contents:,} packages and files{_of_apps(read.kept)},"
            f" {read.size / 1e6:,.1f} MB."
            + ("" if about.key == "included" else f" {_KEYS[about.key]}"),
            contents=read.contents,
            size=read.size,
            kept=read.kept,
            **about.model_dump(mode="json"),
        )


_KEYS = {
    "in the environment": "The secret key is not in it: set GRAFT_SECRET_KEY to the value it had"
    " before.",
    "left out": "The secret key is not in it: put secret.key into the data folder, or set the"
    " secrets among the settings again.",
    "none": "There was no secret key.",
}


def _write_file(
    data: Path, file: Path, with_key: bool, without_database: bool, report: Reporter
) -> Written:
    """Write to a file that is there whole, checked, and for its owner only, or not at all."""
    aside = file.with_name(f".{file.name}.part")
    try:
        descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as output:
            written = asyncio.run(
                _write(data, output, aside.parent, with_key, without_database, report)
            )
            output.flush()
            os.fsync(output.fileno())
            output.seek(0)
            report.step("Checking the backup", None)
            with tempfile.TemporaryDirectory(prefix=".graft-check-", dir=aside.parent) as scratch:
                check(output, Path(scratch))
        aside.rename(file)
    finally:
        aside.unlink(missing_ok=True)
    return written


async def _write(
    data: Path,
    output: BinaryIO,
    scratch: Path,
    with_key: bool,
    without_database: bool,
    report: Reporter,
) -> Written:
    return await write_backup(
        Place.of(data, os.environ),
        output,
        scratch,
        with_key=with_key,
        without_database=without_database,
        report=report.step,
    )


def _tell_written(report: Reporter, written: Written, where: str) -> None:
    report.step("Done", 1.0)
    about = written.about
    report.result(
        "written",
        f"Backup: {where} ({written.contents:,} packages and files{_of_apps(written.kept)},"
        f" {written.size / 1e6:,.1f} MB)."
        + (f" Left out: {len(written.left_out)} links in folders of apps." * bool(written.left_out))
        + ("" if about.key == "included" else f" {_KEYS[about.key]}"),
        file=where,
        contents=written.contents,
        size=written.size,
        kept=written.kept,
        missing=list(written.missing),
        left_out=list(written.left_out),
        **about.model_dump(mode="json"),
    )
    if written.missing:
        report.problem(
            f"The server itself is missing {len(written.missing)} of its packages and files, such"
            f" as {written.missing[0]}; everything else is in the backup. `python -m app fsck` says"
            " which apps they belong to."
        )


def _of_apps(count: int) -> str:
    return f", {count:,} that apps keep" if count else ""


@contextlib.contextmanager
def _opened(file: Path, report: Reporter) -> Iterator[BinaryIO]:
    if file == Path(PIPE):
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as source:
            yield source
    except FileNotFoundError:
        _fail(report, f"There is no file {file}.")


def _standard_output() -> BinaryIO:
    """Return the real one: what is printed goes to standard error meanwhile."""
    assert sys.__stdout__ is not None
    return cast(BinaryIO, sys.__stdout__.buffer)


def _beside(file: Path) -> Path | None:
    return file.absolute().parent if file != Path(PIPE) else None


@contextlib.contextmanager
def _telling(output: Path | None, as_json: bool) -> Iterator[Reporter]:
    """Report, with what is refused as a problem. What goes to a pipe is not mixed with text."""
    with contextlib.ExitStack() as stack:
        if output == Path(PIPE):
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        report = stack.enter_context(reporter(as_json=as_json))
        try:
            yield report
        except CoreError as error:
            _fail(report, sentence(str(error)))
        except OSError as error:
            _fail(report, f"{error.filename or output or 'the disk'}: {error.strerror}.")


def _fail(report: Reporter, text: str) -> NoReturn:
    report.problem(text)
    raise typer.Exit(FAILED)
