"""`python -m app serve`, as far as it gets without a browser."""

import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import create_cli, serve
from app.frontend.build import BuildFailed


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture(autouse=True)
def build_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(report: object) -> Path:
        raise BuildFailed("Bundling the front end", "cannot resolve x", "Repair x.")

    monkeypatch.setattr(serve, "ensure_built", build)


def invoke(*arguments: str, env: dict[str, str] | None = None) -> Result:
    # A folder of its own: on that of the checkout a server may run.
    with tempfile.TemporaryDirectory() as data:
        return CliRunner().invoke(
            create_cli(["serve"]), ["serve", "--data", data, *arguments], env=env
        )


def test_a_taken_port_is_told_before_anything_is_built(taken_port: int) -> None:
    result = invoke("--port", str(taken_port))
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert f"127.0.0.1:{taken_port}" in result.stderr
    assert "--port" in result.stderr
    assert "Bundling" not in result.output


def test_the_port_may_come_from_the_environment(taken_port: int) -> None:
    result = invoke(env={"PORT": str(taken_port)})
    assert result.exit_code == 2
    assert str(taken_port) in result.stderr


def test_a_failed_build_is_told_with_its_output_and_remedy() -> None:
    result = invoke("--port", "0")
    assert result.exit_code == 1
    assert "cannot resolve x" in result.stderr
    assert "Repair x." in result.stderr
    assert "Traceback" not in result.output


def test_programs_get_json_lines(taken_port: int) -> None:
    result = invoke("--port", str(taken_port), "--json")
    [line] = result.stdout.splitlines()
    assert json.loads(line)["event"] == "error"
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("root", "says"),
    [({}, "requirements.txt"), ({"requirements.txt": "rich\n"}, "rules.toml")],
)
def test_without_what_says_what_apps_may_do_nothing_starts(
    root: dict[str, str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in root.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(serve, "ensure_built", lambda report: tmp_path / "static")
    monkeypatch.setattr(serve, "ROOT", tmp_path)
    result = invoke("--port", "0", "--data", str(tmp_path / "data"))
    assert result.exit_code == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr
