"""`python -m app …` runs Graft's commands."""

import gc
import sys

# What is imported stays. Looking for garbage in it again and again is a fifth of a start.
gc.disable()

from app.cli import create_cli  # noqa: E402

if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    create_cli(sys.argv[1:])(prog_name="python -m app")
