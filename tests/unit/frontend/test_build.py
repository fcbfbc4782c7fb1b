"""When the front end is built, and what a failed build leaves."""

import subprocess
from pathlib import Path

import pytest

from app.frontend import build


class Toolchain:
    """Stands in for the processes of a build: writes the files that they would write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.commands: list[list[str]] = []
        self.fails: dict[str, str] = {}

    def __call__(self, command: list[str], **kwargs: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        for word, output in self.fails.items():
            if word in command:
                return subprocess.CompletedProcess(command, 1, stdout=output)
        if "export" in command:
            client = self.root / ".web" / "build" / "client"
            (client / "assets").mkdir(parents=True, exist_ok=True)
            (client / "index.html").write_text("<head><script>a</script></head>")
            (self.root / ".web" / "backend").mkdir(exist_ok=True)
            (self.root / ".web" / "backend" / "stateful_pages.json").write_text("[]")
        return subprocess.CompletedProcess(command, 0, stdout="")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toolchain:
    root = tmp_path / "checkout"
    (root / "app" / "web").mkdir(parents=True)
    tools = Toolchain(root)
    monkeypatch.setattr(build, "ROOT", root)
    monkeypatch.setattr(build.subprocess, "run", tools)
    monkeypatch.setenv("GRAFT_FRONTEND_CACHE", str(tmp_path / "cache"))
    return tools


def silent(step: str, done: float | None) -> None:
    """Report to nobody."""


def test_the_first_start_builds_and_the_second_does_not(tools: Toolchain) -> None:
    first = build.ensure_built(silent)
    commands = len(tools.commands)
    steps: list[str] = []
    assert build.ensure_built(lambda step, done: steps.append(step)) == first
    assert len(tools.commands) == commands
    assert steps == []


def test_the_built_pages_have_no_inline_script(tools: Toolchain) -> None:
    static = build.ensure_built(silent)
    assert "<script>" not in (static / "index.html").read_text()
    assert (static.parent / "backend" / "stateful_pages.json").is_file()


def test_a_change_of_the_core_builds_again_beside_the_old_one(tools: Toolchain) -> None:
    old = build.ensure_built(silent)
    (tools.root / "app" / "web" / "pages.py").write_text("x = 1")
    new = build.ensure_built(silent)
    assert new != old
    assert old.is_dir()


def test_steps_are_reported_up_to_the_end(tools: Toolchain) -> None:
    shares: list[float | None] = []
    build.ensure_built(lambda step, done: shares.append(done))
    assert shares == sorted(share for share in shares if share is not None)
    assert shares[-1] == 1.0


def test_a_failed_build_names_the_step_shows_the_output_and_keeps_the_old_one(
    tools: Toolchain,
) -> None:
    old = build.ensure_built(silent)
    (tools.root / "app" / "web" / "pages.py").write_text("broken")
    tools.fails = {"app.frontend.compile": "Traceback (most recent call last):\nNameError: nme"}
    with pytest.raises(build.BuildFailed) as failure:
        build.ensure_built(silent)
    assert "Compiling the core's pages failed" in str(failure.value)
    assert "NameError: nme" in str(failure.value)
    assert "line in the core's pages" in failure.value.remedy
    assert [entry.name for entry in old.parents[1].iterdir()] == [old.parent.name]


def test_an_unreachable_registry_is_named_as_such(tools: Toolchain) -> None:
    tools.fails = {"app.frontend.compile": "error: ConnectionRefused downloading package react"}
    with pytest.raises(build.BuildFailed, match="registry could not be reached"):
        build.ensure_built(silent)


def test_a_long_output_is_cut_to_its_end(tools: Toolchain) -> None:
    tools.fails = {"export": "\n".join(f"line {i}" for i in range(1000))}
    with pytest.raises(build.BuildFailed) as failure:
        build.ensure_built(silent)
    assert "line 999" in failure.value.output
    assert "line 1\n" not in failure.value.output


def test_a_lock_file_that_a_build_updates_does_not_cause_another_build(
    tools: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_and_lock(command: list[str], **kwargs: object) -> object:
        (tools.root / "reflex.lock").mkdir(exist_ok=True)
        (tools.root / "reflex.lock" / "bun.lock").write_text("resolved")
        return tools(command, **kwargs)

    monkeypatch.setattr(build.subprocess, "run", compile_and_lock)
    first = build.ensure_built(silent)
    commands = len(tools.commands)
    assert build.ensure_built(silent) == first
    assert len(tools.commands) == commands
