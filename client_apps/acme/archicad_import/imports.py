"""Imports as documents of the organisation, their files in the file store.

A document of kind `KIND` holds what a page shows at once (totals, categories, findings); its rooms
are in two files that it names: the XML as it was uploaded, and the rows as JSON lines.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio

from app.core import documents, files

from .cache import TableCache, default_folder
from .checks import SEVERITIES, Checker
from .reading import Outcome, Progress, read_schedule
from .schedule import CATEGORIES, UNNAMED_STOREY
from .table import Query, TablePage

KIND = "room-schedule"
MAX_UPLOAD = 200 * 1024 * 1024
XML_TYPE = "application/xml"
ROWS_TYPE = "application/x-ndjson"


def content_of(checked: Checker) -> dict[str, Any]:
    """Return the JSON content of the document, without its files."""
    ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    findings = sorted(checked.findings, key=lambda finding: ranks[finding.severity])
    categories = sorted(checked.categories.items(), key=lambda item: -item[1].area)
    return {
        "schema": 1,
        "project": checked.header.project,
        "exported": checked.header.exported,
        "rooms": checked.total.zones,
        "area": round(checked.total.area, 2),
        "storeys": [
            {
                "name": one.storey.name or UNNAMED_STOREY,
                "level": one.storey.level,
                "rooms": one.sum.zones,
                "area": round(one.sum.area, 2),
                "claimed": one.storey.area,
            }
            for one in checked.storeys
        ],
        "categories": [
            {
                "name": name,
                "rooms": total.zones,
                "area": round(total.area, 2),
                "known": name in CATEGORIES,
            }
            for name, total in categories
        ],
        "counts": {severity: checked.counts[severity] for severity in SEVERITIES},
        "findings": [asdict(finding) for finding in findings],
    }


async def run_import(
    xml: files.FileInfo, on_progress: Callable[[Progress], Awaitable[None]]
) -> documents.Document:
    """Read the stored file `xml`, store the rows and the document, return the document.

    Raises ScheduleError when it is no schedule, what `on_progress` raises, and the errors of the
    core. In all these cases nothing but `xml` itself is left.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="graft-archicad-"))
    try:
        async with contextlib.aclosing(await files.open(xml.id)) as chunks:
            outcome = await read_schedule(chunks, folder, on_progress)
        return await _keep(outcome, xml)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _keep(outcome: Outcome, xml: files.FileInfo) -> documents.Document:
    rows = await files.save(
        f"{Path(xml.name).stem}.rooms.jsonl", _chunks_of(outcome.rows), ROWS_TYPE
    )
    content = content_of(outcome.checked) | {
        "xml": {"id": xml.id, "name": xml.name, "size": xml.size},
        "rows": {"id": rows.id, "sha256": rows.sha256},
    }
    try:
        await asyncio.to_thread(_cache().keep, outcome.table, rows.sha256)
        return await documents.create(KIND, title_of(outcome.checked, xml.name), content)
    except BaseException:
        await files.delete(rows.id)
        raise


def title_of(checked: Checker, file_name: str) -> str:
    """Return the title of an import: the project, or the file's name when it names none."""
    return checked.header.project or Path(file_name).stem or file_name


async def rooms(content: dict[str, Any], query: Query) -> TablePage:
    """Return a page of the rooms of the import with the document content `content`.

    Raises NotFound when its rows are gone.
    """
    rows = content["rows"]
    return await _cache().page(rows["sha256"], query, lambda: files.open(rows["id"]))


async def remove(id: str) -> None:
    """Delete an import with its files. Raises NotFound, or Conflict when it was changed."""
    document = await documents.get(id)
    await documents.delete(id, base_revision=document.revision)
    for key in ("xml", "rows"):
        with contextlib.suppress(files.NotFound):
            await files.delete(document.content[key]["id"])


def _cache() -> TableCache:
    return TableCache(default_folder())


async def _chunks_of(path: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        while chunk := await file.read(1024 * 1024):
            yield chunk
