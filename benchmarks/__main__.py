"""`python -m benchmarks [--quick] [--only NAME …]`."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import tempfile
import time
import traceback
from pathlib import Path

import structlog

from benchmarks import report
from benchmarks.processes import ROOT
from benchmarks.result import Result
from benchmarks.settings import Settings

MEASURES = (
    "save_to_visible",
    "swap",
    "click",
    "busy_thread",
    "sessions",
    "start",
    "start_installed",
    "many_swaps",
    "first_load",
    "icons",
    "loaded_apps",
    "intake",
    "deploy",
    "promote",
    "first_opening",
    "fan_out",
    "xml_import",
)


def main() -> int:
    """Run the measures one after the other, print and write what they find."""
    arguments = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    kept = ROOT / "data" / "bench"
    kept.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    load_before = report.load()
    results: dict[str, Result] = {}
    failed: list[str] = []
    for name in arguments.only or MEASURES:
        module = importlib.import_module(f"benchmarks.measures.{name}")
        _say(f"{name}: {(module.__doc__ or '').splitlines()[0]}")
        with tempfile.TemporaryDirectory(prefix="graft-bench-") as work:
            settings = Settings(Path(work), kept, arguments.quick, _say)
            try:
                results[name] = module.measure(settings)
            except Exception:
                # The other measures are still worth having.
                traceback.print_exc()
                failed.append(name)
                continue
        print(report.as_text(results[name]), flush=True)
    run = report.Run(
        results=results,
        quick=arguments.quick,
        seconds=time.monotonic() - began,
        load_before=load_before,
        failed=tuple(failed),
    )
    if arguments.quick or arguments.only or failed:
        _say("Not written to benchmarks/: only a full run is.")
    else:
        _say(f"Written: {', '.join(str(p.relative_to(ROOT)) for p in report.write(run))}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples; writes no results")
    parser.add_argument("--only", nargs="+", choices=MEASURES, help="only these measures")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stderr.write(f"· {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
