"""`python -m app build`: builds the front end if it is not built already."""

from typing import Annotated

import typer

from app.cli.progress import reporter
from app.frontend.build import BuildFailed, ensure_built
from app.frontend.toolchain import ToolchainMissing


def build(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Build the front end, if it changed."""
    with reporter(as_json=as_json) as report:
        try:
            static = ensure_built(report.step)
        except (BuildFailed, ToolchainMissing) as error:
            report.problem(str(error))
            raise typer.Exit(1) from error
        report.result("built", f"Front end: {static}", static=str(static))
