"""Setting up a fresh machine."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from app.frontend.build import ROOT

Commands = list[list[str]]
PINS = (ROOT / "requirements-dev.txt").read_text().splitlines()


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.delenv("GRAFT_BROWSER", raising=False)
    return module


@pytest.fixture
def machine(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Commands]:
    """Stands in for the machine: which programs it has, and which commands fail on it."""

    def with_programs(
        *programs: str, failing: tuple[str, ...] = (), settings: dict[str, str] | None = None
    ) -> Commands:
        commands: Commands = []

        def run(command: list[str], *, quiet: bool = False) -> int:
            commands.append(command)
            return int(any(word in command for word in failing))

        def which(name: str) -> str | None:
            return f"/usr/bin/{name}" if name in programs else None

        monkeypatch.setattr(bootstrap, "run", run)
        monkeypatch.setattr(bootstrap, "pip_settings", lambda: dict(settings or {}))
        monkeypatch.setattr(bootstrap.shutil, "which", which)
        return commands

    return with_programs


def test_the_first_time_makes_an_environment_and_installs_the_pins(bootstrap, machine) -> None:
    commands = machine()
    bootstrap.install_packages(["requirements.txt"])
    assert commands[0][1:3] == ["-m", "venv"]
    assert commands[1][-2:] == ["-r", str(bootstrap.ROOT / "requirements.txt")]


def test_an_environment_that_is_there_is_kept(bootstrap, machine) -> None:
    (bootstrap.VENV / "bin").mkdir(parents=True)
    (bootstrap.VENV / "bin" / "python").touch()
    commands = machine()
    bootstrap.install_packages(["requirements.txt"])
    assert [command[1:4] for command in commands] == [["-m", "pip", "install"]]


def test_uv_installs_from_where_pip_would(bootstrap, machine, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "another.pem")
    settings = {"extra-index-url": "https://one https://two", "cert": "our.pem"}
    commands = machine(settings=settings)
    bootstrap.install_packages(["requirements-dev.txt"])
    _, own, everything = commands
    assert own[-1].startswith("uv==")
    assert everything[0].endswith("/bin/uv")
    assert everything[-2:] == ["-r", str(bootstrap.ROOT / "requirements-dev.txt")]
    text = " ".join(everything)
    assert "--index https://one --index https://two" in text
    assert os.environ["SSL_CERT_FILE"] == "our.pem"


@pytest.mark.parametrize(
    ("failing", "settings"), [("uv", {}), ("--compile-bytecode", {}), ("", {"proxy": "one:3128"})]
)
def test_pip_installs_what_uv_cannot(bootstrap, machine, failing, settings) -> None:
    uv = next(line for line in PINS if line.startswith("uv=="))
    commands = machine(failing=(uv if failing == "uv" else failing,), settings=settings)
    bootstrap.install_packages(["requirements-dev.txt"])
    assert commands[-1][1:4] == ["-m", "pip", "install"]
    assert commands[-1][-2:] == ["-r", str(bootstrap.ROOT / "requirements-dev.txt")]


def test_a_debian_without_venv_is_completed_or_told_the_package(bootstrap, machine) -> None:
    commands = machine(failing=("venv",))
    with pytest.raises(bootstrap.CannotSetUp, match="apt-get install python3-venv"):
        bootstrap.make_venv()
    assert len(commands) == 1


def test_a_failed_installation_of_packages_is_an_error(bootstrap, machine) -> None:
    machine(failing=("pip",))
    with pytest.raises(bootstrap.CannotSetUp, match="PyPI"):
        bootstrap.install_packages(["requirements.txt"])


def test_a_newer_python_is_looked_for_when_this_one_is_old(bootstrap, machine, monkeypatch) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    machine("python3.11", "python3.12")
    assert bootstrap.suitable_python() == "/usr/bin/python3.12"
    machine("python3.10")
    with pytest.raises(bootstrap.CannotSetUp, match=r"Python 3\.11 or newer"):
        bootstrap.suitable_python()


def test_this_python_is_taken_when_it_is_new_enough(bootstrap) -> None:
    assert bootstrap.suitable_python() == sys.executable


def test_the_browser_for_tests_is_installed_once(bootstrap, machine) -> None:
    commands = machine("chromium-headless-shell", "google-chrome")
    bootstrap.install_browser()
    assert commands == []
    assert bootstrap.find_browser() == "/usr/bin/chromium-headless-shell"


def test_an_installed_browser_is_used_where_none_can_be_installed(bootstrap, machine) -> None:
    commands = machine("google-chrome")
    bootstrap.install_browser()
    assert commands == []
    assert bootstrap.find_browser() == "/usr/bin/google-chrome"


def test_chromium_is_installed_where_there_is_no_package_for_tests(
    bootstrap, machine, monkeypatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    commands = machine("apt-get", failing=("chromium-headless-shell",))
    bootstrap.install_browser()
    assert [command[-1] for command in commands if "install" in command] == [
        "chromium-headless-shell",
        "chromium-headless-shell",  # after the package lists were read
        "chromium",
    ]


def test_a_browser_elsewhere_can_be_named(bootstrap, machine, monkeypatch) -> None:
    machine("chromium", "/opt/browser")
    monkeypatch.setenv("GRAFT_BROWSER", "/opt/browser")
    assert bootstrap.find_browser() == "/usr/bin//opt/browser"


def test_without_a_browser_and_without_rights_the_remedy_is_told(
    bootstrap, machine, monkeypatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    commands = machine("apt-get", "sudo", failing=("sudo",))
    with pytest.raises(bootstrap.CannotSetUp, match="sudo apt-get install chromium"):
        bootstrap.install_browser()
    assert set(map(tuple, commands)) == {("sudo", "-n", "true")}


def test_root_gets_debians_browser_after_reading_the_package_lists(
    bootstrap, machine, monkeypatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    commands = machine("apt-get", failing=("install",))
    assert not bootstrap.install_debian_packages("chromium")
    assert [("update" in command) for command in commands] == [False, True, False]
    assert all("sudo" not in command for command in commands)


def test_a_wrong_call_ends_with_the_usage(bootstrap) -> None:
    with pytest.raises(SystemExit, match=r"bootstrap\.py browser"):
        bootstrap.main(["other"])


def test_curl_is_installed_where_it_is_missing_or_told(bootstrap, machine) -> None:
    commands = machine("curl")
    bootstrap.install_curl()
    assert commands == []
    commands = machine("apt-get", "sudo")
    bootstrap.install_curl()
    assert commands[-1][-1] == "curl"
    machine()
    with pytest.raises(bootstrap.CannotSetUp, match="apt-get install curl"):
        bootstrap.install_curl()
