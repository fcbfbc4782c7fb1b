"""`python -m app …` runs Graft's commands."""

from app.cli import create_cli

if __name__ == "__main__":
    create_cli()(prog_name="python -m app")
