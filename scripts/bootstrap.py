"""Sets up what Graft runs and is tested with; needs nothing but Python and its standard library.

bootstrap.py venv REQUIREMENTS…   virtual environment in .venv with these pinned packages
bootstrap.py browser              a Chromium for the browser tests
bootstrap.py curl                 curl, with which tests type what the documentation says
bootstrap.py deploy               nginx, Caddy and systemd, to try deploy/ with
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv"
MINIMUM = (3, 11)
# What deploy/ has files for: program -> Debian's package.
DEPLOY = {"nginx": "nginx-light", "caddy": "caddy", "systemd-analyze": "systemd"}
# Chromium without the parts that no test sees opens a page with 40 % of the processor time.
SHELL = "chromium-headless-shell"
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Settings of pip that uv can follow, and its own option for each; "" where it needs none.
UV_OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "constraint": "--constraint",
    "cert": "",
    "default-timeout": "",
    "timeout": "",
    "disable-pip-version-check": "",
    "no-input": "",
    "root-user-action": "",
}


class CannotSetUp(Exception):
    """Something is missing that this script may not install; the message says what to do."""


def install_packages(requirements: list[str]) -> None:
    """Make the virtual environment if there is none, and install the pinned packages.

    Args:
        requirements: names of requirements files in the checkout.
    """
    if not (VENV / "bin" / "python").exists():
        say("Making a virtual environment in .venv")
        make_venv()
    say(f"Installing Python packages ({', '.join(requirements)})")
    files = [argument for name in requirements for argument in ("-r", str(ROOT / name))]
    if install_with_uv(requirements, files) or run([*pip_install(), *files]) == 0:
        return
    raise CannotSetUp("The packages could not be installed; pip says why above. Is PyPI reachable?")


def pip_install() -> "list[str]":
    """The command that installs what its further arguments name."""
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    return [*pip, "--disable-pip-version-check", "--no-input"]


def install_with_uv(requirements: "list[str]", files: "list[str]") -> bool:
    """Install packages with the uv that they name, from where pip would have them.

    It takes a third of the time. Says whether it did: where it cannot, pip does it, or says why.
    """
    lines = [line for name in requirements for line in (ROOT / name).read_text().splitlines()]
    pins = [line for line in lines if line.startswith("uv==")]
    settings = pip_settings()
    if not pins or not settings.keys() <= UV_OPTIONS.keys():
        return False
    if run([*pip_install(), *pins], quiet=True) != 0:
        return False
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--compile-bytecode"]
    uv += ["--python", str(VENV / "bin" / "python"), "--index-strategy", "unsafe-best-match"]
    for name, value in settings.items():
        option = UV_OPTIONS[name]
        uv += [part for each in value.split() if option for part in (option, each)]
    if "cert" in settings:
        os.environ["SSL_CERT_FILE"] = settings["cert"]
    return run([*uv, *files], quiet=True) == 0


def pip_settings() -> "dict[str, str]":
    """What pip was told on this machine, in files and variables: option -> value."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    found = (line.partition("=") for line in done.stdout.splitlines())
    # A line is like global.index-url='https://…', or :env:.index-url='…'.
    return {name.rpartition(".")[2]: value.strip("'\"") for name, _, value in found}


def make_venv() -> None:
    """Make `.venv` with pip in it; on Debian the package python3-venv may have to come first."""
    make = [suitable_python(), "-m", "venv", "--clear", str(VENV)]
    if run(make, quiet=True) == 0:
        return
    if not install_debian_packages("python3-venv") or run(make) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise CannotSetUp(
            "Python cannot make a virtual environment. "
            "On Debian and Ubuntu: sudo apt-get install python3-venv"
        )


def suitable_python() -> str:
    """This Python if it is new enough, else a newer one of this machine."""
    if sys.version_info >= MINIMUM:
        return sys.executable
    for minor in range(20, MINIMUM[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    wanted = ".".join(map(str, MINIMUM))
    raise CannotSetUp(f"Graft needs Python {wanted} or newer; this is {sys.version.split()[0]}.")


def install_browser() -> None:
    """Install Debian's Chromium for tests; where that cannot be, any Chromium or Chrome will do."""
    if os.environ.get("GRAFT_BROWSER") or shutil.which(SHELL):
        return
    say("Installing Chromium for the browser tests")
    if install_debian_packages(SHELL) or find_browser() or install_debian_packages("chromium"):
        return
    raise CannotSetUp(
        "The browser tests need Chromium or Chrome. On Debian: sudo apt-get install chromium. "
        "Elsewhere install either one, and if it is not in PATH, set GRAFT_BROWSER to it."
    )


def install_curl() -> None:
    """Install curl unless it is there."""
    if not shutil.which("curl") and not install_debian_packages("curl"):
        raise CannotSetUp("The tests need curl. On Debian: sudo apt-get install curl.")


def install_deploy() -> None:
    """Install nginx, Caddy and systemd unless they are there."""
    missing = [name for name in DEPLOY if not find_program(name)]
    if missing and not install_debian_packages(*(DEPLOY[name] for name in missing)):
        raise CannotSetUp(
            f"The tests need {' and '.join(missing)}. On Debian: sudo apt-get install "
            + " ".join(DEPLOY[name] for name in missing)
        )


def find_program(name: str) -> "str | None":
    """Find a program also where only root's PATH leads."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def find_browser() -> "str | None":
    """The browser that GRAFT_BROWSER names, else the first one found in PATH."""
    named = os.environ.get("GRAFT_BROWSER")
    found = (shutil.which(name) for name in ((named,) if named else BROWSERS))
    return next(filter(None, found), None)


def install_debian_packages(*packages: str) -> bool:
    """Install Debian packages where that is possible without a question. Says whether it did."""
    if not shutil.which("apt-get"):
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and (not shutil.which("sudo") or run(["sudo", "-n", "true"], quiet=True) != 0):
        return False
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    # Package lists may be missing or old on a fresh machine.
    return run(install, quiet=True) == 0 or (run([*apt, "update"]) == 0 and run(install) == 0)


def run(command: "list[str]", *, quiet: bool = False) -> int:
    """Run to the end; `quiet` drops what it writes. Returns its exit code."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(  # noqa: S603 - commands of this script
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
    ).returncode


def say(text: str) -> None:
    """Tell the person what takes time now."""
    print(text, flush=True)


def main(arguments: "list[str]") -> None:
    """Do what the arguments say, or end with one line that says what is missing."""
    try:
        if arguments[:1] == ["venv"]:
            install_packages(arguments[1:])
        elif arguments == ["browser"]:
            install_browser()
        elif arguments == ["curl"]:
            install_curl()
        elif arguments == ["deploy"]:
            install_deploy()
        else:
            raise CannotSetUp(str(__doc__))
    except CannotSetUp as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:])
