"""`python -m app keygen`: makes a key to sign packages with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.refusal import refuse
from app.packages.signing import TRUSTED_KEYS_VARIABLE, SigningKey

DEFAULT_FILE = Path("graft-signing.key")


def keygen(
    out: Annotated[Path, typer.Option(help="File for the private key.")] = DEFAULT_FILE,
    label: Annotated[str, typer.Option(help="Whose key it is, as admins will see it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create an Ed25519 key pair: write the private key, print the public one."""
    key = SigningKey.generate(label)
    try:
        key.write(out)
    except FileExistsError:
        reason = "exists already. Choose another file with --out, or remove it."
        refuse(f"{out} {reason}", as_json=as_json)
    except OSError as error:
        refuse(f"{out} cannot be written: {error.strerror}.", as_json=as_json)
    if as_json:
        found = {"file": str(out), "key_id": key.public.id, "public_key": key.public.line}
        typer.echo(json.dumps(found))
        return
    # The public key alone on standard output, so that it can be sent on by a pipe.
    typer.echo(key.public.line)
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    told.print(f"[green]Private key written to {escape(str(out))}[/]; keep it secret.")
    told.print(f"Servers accept its packages if {TRUSTED_KEYS_VARIABLE} has the line above.")
