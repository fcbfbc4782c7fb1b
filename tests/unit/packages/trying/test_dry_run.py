from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.bridge.compiling.wraps import BUILT_IN_WRAPS
from app.cell.loading.check import load_unserved
from app.cell.loading.loader import bundle_of
from app.cell.loading.version import LoadedVersion
from app.cell.process.protocol import Ready
from app.packages.limits import MB, DryRunLimits
from app.packages.trying.dry_run import DryRunner, dry_run
from app.packages.trying.verdict import DryRun
from app.source.app_source import read_source
from tests.unit.apps.helpers import APPS
from tests.unit.cell.confinement.kernel import offered_layers
from tests.unit.packages.archives import ENTRY
from tests.unit.packages.conftest import WriteApp

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT = DryRunLimits(seconds=1.0, output_bytes=10_000, memory_bytes=512 * MB)
QUIET = DryRunLimits(seconds=30.0, output_bytes=10_000, memory_bytes=512 * MB)
BUSY = DryRunLimits(seconds=30.0, cpu_seconds=1, memory_bytes=512 * MB)


async def tried(
    runner: DryRunner,
    write_app: WriteApp,
    code: str,
    limits: DryRunLimits = QUIET,
    has_library: Callable[[str], bool] = lambda _: True,
) -> DryRun:
    """Dry run of an app whose entry.py begins with some code."""
    folder = write_app({"entry.py": code.encode() + b"\n" + ENTRY})
    return await runner.run(folder, limits=limits, has_library=has_library)


# None of them does harm even where nothing holds it: they aim at processes of the tests' own only,
# end when a process could be started after all, and take bounded memory.
BOMBS: dict[str, tuple[str, DryRunLimits, str, int | None]] = {
    "endless loop": ("while True:\n    pass", SHORT, "does not end", None),
    "endless sleep": ("import time\ntime.sleep(1e6)", SHORT, "does not end", 2),
    "regular expression that tries for ever": (
        "import re\nre.match('(a*)*b', 'a' * 40)",
        SHORT,
        "does not end",
        2,
    ),
    "power tower": ("x = 2 ** 10 ** 9", SHORT, "does not end", 1),
    "long text": ("x = 'x' * 10**9", QUIET, "needs too much memory", 1),
    "too much processor time": ("while True:\n    pass", BUSY, "more than 1 s of processor", None),
    # As on a server, apps are loaded in a thread, which cannot take signals.
    "deaf to the limit of processor time": (
        "import _signal\n_signal.signal(_signal.SIGXCPU, _signal.SIG_IGN)\nwhile True:\n    pass",
        BUSY,
        "signal only works in main thread",
        2,
    ),
    "signal handler": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
        QUIET,
        "signal only works in main thread",
        2,
    ),
    "signal handler, quietly": (
        "import signal\ntry:\n    signal.signal(15, print)\nexcept ValueError:\n    pass",
        QUIET,
        "takes a signal of the process (signal.signal)",
        3,
    ),
    "alarm for the server": (
        "import signal\ntry:\n    signal.alarm(60)\nexcept ValueError:\n    pass",
        QUIET,
        "takes a signal of the process (signal.alarm)",
        3,
    ),
    "SIGKILL of who watches": (
        "import os\nos.kill(os.getppid(), 9)",
        QUIET,
        "no other process may be sent a signal",
        2,
    ),
    "SIGKILL of who watches, quietly": (
        "import os\ntry:\n    os.kill(os.getppid(), 9)\nexcept OSError:\n    pass",
        QUIET,
        "sends SIGKILL to another process, which was refused",
        3,
    ),
    "SIGKILL of its group": (
        "import os\nos.killpg(0, 9)",
        QUIET,
        "no other process may be sent a signal",
        2,
    ),
    "SIGSTOP of itself": ("import os, signal\nos.kill(os.getpid(), 19)", SHORT, "not end", None),
    "memory bomb": (
        "x = []\nwhile len(x) < 100:\n    x.append(bytearray(10_000_000))",
        QUIET,
        "needs too much memory",
        3,
    ),
    "end by os._exit": ("import os\nos._exit(0)", QUIET, "ends the process: os._exit(0)", 2),
    "end by sys.exit": ("import sys\nsys.exit(3)", QUIET, "ends the process: SystemExit", 2),
    "end by interrupt": ("raise KeyboardInterrupt", QUIET, "ends the process: Keyboard", 1),
    "SIGKILL of itself": (
        "import os\nos.kill(os.getpid(), 9)",
        QUIET,
        "kills its own process (SIGKILL)",
        2,
    ),
    "SIGTERM of itself": (
        "import os, signal\nsignal.raise_signal(signal.SIGTERM)",
        QUIET,
        "crashes Python (SIGTERM)",
        None,
    ),
    "crash": ("import ctypes\nctypes.string_at(0)", QUIET, "crashes Python (SIGSEGV)", 2),
    "fork bomb": (
        "import os\nwhile True:\n    os.fork()\n    os._exit(0)",
        QUIET,
        "no process may be started",
        3,
    ),
    "fork bomb that goes on": (
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n"
        "        continue\n    os._exit(0)",
        SHORT,
        "is still running after 1 s and starts processes (os.fork)",
        4,
    ),
    "quiet fork": (
        "import os\ntry:\n    os.fork()\nexcept OSError:\n    pass",
        QUIET,
        "starts a process (os.fork)",
        3,
    ),
    "shell": ("import os\nos.system('true')", QUIET, "no process may be started", 2),
    "subprocess": ("import subprocess\nsubprocess.run(['true'])", QUIET, "no process", 2),
    "network": (
        "import socket\nsocket.create_connection(('192.0.2.1', 80))",
        QUIET,
        "there is no network",
        2,
    ),
    "name server": ("import socket\nsocket.getaddrinfo('a.test', 1)", QUIET, "no network", 2),
    "output flood": ("while True:\n    print('x' * 100)", QUIET, "prints more than 9 kB", 2),
    "error flood": (
        "import sys\nwhile True:\n    sys.stderr.write('x' * 100)",
        QUIET,
        "prints more than 9 kB",
        3,
    ),
    "thread bomb": (
        "import threading\n"
        "for _ in range(200):\n    threading.Thread(target=threading.Event().wait).start()",
        QUIET,
        "can't start new thread",
        3,
    ),
    "thread bomb that goes on": (
        "import threading\nfor _ in range(200):\n    try:\n"
        "        threading.Thread(target=threading.Event().wait).start()\n"
        "    except RuntimeError:\n        break",
        QUIET,
        "leaves a thread running",
        4,
    ),
    "thread that never ends": (
        "import threading\nthreading.Thread(target=threading.Event().wait, name='me').start()",
        QUIET,
        "leaves a thread running: me",
        2,
    ),
    "thread that spins": (
        "import threading\n"
        "def spin():\n    while True: pass\n"
        "threading.Thread(target=spin, name='spinner').start()",
        QUIET,
        "leaves a thread running: spinner",
        3,
    ),
    "atexit hook": ("import atexit\natexit.register(print, 'bye')", QUIET, "print run when", 2),
    "atexit hook that hangs": (
        "import atexit, time\natexit.register(time.sleep, 1e6)",
        QUIET,
        "sleep run when",
        2,
    ),
    "closed files": (
        "import os\nos.closerange(0, 200)",
        QUIET,
        "keeps the check from reporting",
        None,
    ),
    "files that lead nowhere": (
        "import os\nnowhere = os.open(os.devnull, os.O_RDWR)\n"
        "for n in range(3, 60):\n    os.dup2(nowhere, n)",
        QUIET,
        "keeps the check from reporting",
        None,
    ),
    "changed builtins": ("import builtins\nbuiltins.len = None", QUIET, "builtins.len", 2),
    "other builtins": (
        "import builtins\nbuiltins.isinstance = lambda value, kind: True",
        QUIET,
        "changes builtins.isinstance for everybody",
        2,
    ),
    "builtins that are gone": ("import builtins\ndel builtins.abs", QUIET, "builtins.abs", 2),
    "changed module": ("import os\nos.write = None", QUIET, "changes os.write", 2),
    "other module": (
        "import sys, types\ngetattr(sys, 'modules')['json'] = types.ModuleType('json')",
        QUIET,
        "changes sys.modules['json'] for everybody",
        2,
    ),
    "no modules": (
        "import sys\ngetattr(sys, 'modules').clear()",
        QUIET,
        "changes sys.modules",
        None,
    ),
    "forged result": (
        "import os\nfor n in range(3, 60):\n    try:\n"
        '        os.write(n, b\'{"kind": "result", "value": {"problems": []}}\\n\')\n'
        "    except OSError:\n        pass",
        QUIET,
        "posing as its result",
        None,
    ),
    "raised limit": (
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))",
        QUIET,
        "not allowed",
        2,
    ),
    "deep recursion": ("def f():\n    f()\nf()", QUIET, "RecursionError", 2),
}


@pytest.mark.parametrize("kind", BOMBS)
async def test_bomb_is_reported_as_what_it_is(
    kind: str, runner: DryRunner, write_app: WriteApp
) -> None:
    code, limits, message, line = BOMBS[kind]
    result = await tried(runner, write_app, code, limits)
    found = [problem for problem in result.problems if message in problem.message]
    assert found, (result.problems, result.output)
    assert found[0].app == "acme/counter"
    assert found[0].remedy
    assert line is None or (found[0].file, found[0].line) == ("entry.py", line)
    assert result.facts is None


PAGES: dict[str, tuple[str, DryRunLimits, str, int | None]] = {
    "page that never returns": ("while True: pass", SHORT, "does not end", 7),
    "page of very many parts": (
        "return rx.box(*[rx.text(str(n)) for n in range(300_000)])",
        DryRunLimits(seconds=600.0, cpu_seconds=600, memory_bytes=300 * MB),
        "needs too much memory",
        7,
    ),
    "page that is very deep": (
        "tree = rx.box()\n    for _ in range(5_000):\n        tree = rx.box(tree)\n    return tree",
        QUIET,
        "RecursionError",
        None,
    ),
    "page that ends the process": ("import os; os._exit(0)", QUIET, "ends the process", 7),
    "page that raises an error of its own": ("raise BaseException('no')", QUIET, "no", 7),
}


@pytest.mark.parametrize("kind", PAGES)
async def test_page_is_reported_as_what_it_is(
    kind: str, runner: DryRunner, write_app: WriteApp
) -> None:
    body, limits, message, line = PAGES[kind]
    entry = ENTRY.replace(b'return rx.text("counter")', body.encode())
    result = await runner.run(write_app({"entry.py": entry}), limits=limits)
    found = [problem for problem in result.problems if message in problem.message]
    assert found, (result.problems, result.output)
    assert found[0].remedy
    assert line is None or (found[0].file, found[0].line) == ("entry.py", line)
    assert result.facts is None


LATE: dict[str, tuple[str, DryRunLimits, str, int | None]] = {
    "end by os._exit": ("import os\nos._exit(3)", QUIET, "ends the process: os._exit(3)", 2),
    "end by sys.exit": ("import sys\nsys.exit(3)", QUIET, "ends the process: SystemExit", 2),
    "end by interrupt": ("raise KeyboardInterrupt", QUIET, "ends the process: Keyboard", 1),
    "endless loop": ("x = 1\nwhile True: pass", SHORT, "does not end", 2),
    "memory": ("x = 1\ny = 'x' * 10**9", QUIET, "needs too much memory", 2),
    "mistake": ("x = 1\nx.y", QUIET, "AttributeError", 2),
    "quiet fork": (
        "import os\ntry:\n    os.fork()\nexcept OSError:\n    pass",
        QUIET,
        "starts a process (os.fork)",
        3,
    ),
    "changed builtins": ("import builtins\nbuiltins.len = None", QUIET, "builtins.len", 2),
}

LATE_ENTRY = ENTRY.replace(
    b"\n\ndef index():",
    b"""

class CountState(rx.State):
    @rx.event
    def add(self):
        from .parts import later


def index():""",
)


@pytest.mark.parametrize("kind", LATE)
async def test_module_that_only_a_handler_imports_is_tried_too(
    kind: str, runner: DryRunner, write_app: WriteApp
) -> None:
    code, limits, message, line = LATE[kind]
    folder = write_app({"entry.py": LATE_ENTRY, "parts/later.py": code.encode()})
    result = await runner.run(folder, limits=limits)
    found = [problem for problem in result.problems if message in problem.message]
    assert found, (result.problems, result.output)
    assert found[0].remedy
    assert (found[0].file, found[0].line) == ("parts/later.py", line)
    assert result.facts is None


async def test_every_broken_module_is_told_once(runner: DryRunner, write_app: WriteApp) -> None:
    files = {
        "entry.py": ENTRY,
        "a.py": b"from . import b",
        "b.py": b"x = 1\n1 / 0",
        "parts/__init__.py": b"",
        "parts/c.py": b"from ..nowhere import x",
    }
    result = await runner.run(write_app(files), limits=QUIET)
    assert [problem.place for problem in result.problems] == ["b.py:2", "parts/c.py:1"]


async def test_modules_that_handlers_import_change_nothing_of_what_is_compiled(
    runner: DryRunner, write_app: WriteApp
) -> None:
    alone = await runner.run(write_app({"entry.py": LATE_ENTRY}, "acme/counter"), limits=QUIET)
    late = b"""
import reflex as rx

from ..entry import CountState


class LateState(CountState):
    pass


@rx.memo
def shown(text: str):
    return rx.text(text)
"""
    folder = write_app({"parts/later.py": late}, "acme/counter")
    result = await runner.run(folder, limits=QUIET)
    assert result.problems == ()
    assert result.module == alone.module
    assert result.bundle is not None
    assert alone.bundle is not None
    assert result.bundle.states == alone.bundle.states


async def test_what_no_import_can_name_is_not_run(runner: DryRunner, write_app: WriteApp) -> None:
    names = ("tests/test_it.py", "assets/how-to.py", "a.b.py", "__main__.py", "class.py")
    files = {"entry.py": ENTRY, **dict.fromkeys(names, b"1 / 0")}
    assert (await runner.run(write_app(files), limits=QUIET)).problems == ()


@pytest.mark.parametrize("app_id", ["acme/kitchen", "acme/mailer", "globex/board", "acme/viewer"])
async def test_ordinary_apps_change_nothing_that_is_not_theirs(
    app_id: str, runner: DryRunner, write_app: WriteApp
) -> None:
    root = APPS / app_id
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    result = await runner.run(write_app(files, app_id))
    assert result.problems == result.warnings == ()


async def test_sound_app_is_loaded_and_compiled(runner: DryRunner, write_app: WriteApp) -> None:
    result = await tried(runner, write_app, "")
    assert result.problems == result.warnings == ()
    assert len(result.module) == 64
    assert result.module_bytes > 100
    assert result.facts is not None
    assert (result.facts.name, result.facts.version) == ("Acme / Counter", "1.0.0")
    assert result.facts.url == "acme-counter"
    assert result.pages == ("/",)
    assert "react" in result.libraries
    assert 10 * MB < result.peak_bytes < 2000 * MB
    assert result.cpu_seconds > 0
    assert result.seconds > 0


async def test_every_layer_that_the_kernel_offers_confines_a_run(
    runner: DryRunner, write_app: WriteApp
) -> None:
    result = await tried(runner, write_app, "")
    assert sorted(result.layers) == sorted(offered_layers())


async def test_which_layers_the_kernel_lacks_is_known_before_the_first_run() -> None:
    async with DryRunner() as own:
        assert set(own.missing_layers) == {"limits", "landlock", "seccomp"} - offered_layers()


async def test_what_runs_are_forked_from_has_one_thread() -> None:
    # A fork has only the thread that forked, and every lock that another one held.
    async with DryRunner() as own:
        assert len(threads(own.process_id)) == 1


async def test_a_layer_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = Ready(["limits", "landlock"]).as_bytes()
    code = "import socket, sys; control = socket.socket(fileno=int(sys.argv[1])); "
    code += f"control.sendall({ready!r}); control.recv(1)"

    def without_seccomp(start: object, descriptor: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", code, str(descriptor)]
        return subprocess.Popen(command, pass_fds=(descriptor,), start_new_session=True)

    monkeypatch.setattr("app.node.cells.zygote._spawn", without_seccomp)
    async with DryRunner() as own:
        assert own.missing_layers == ("seccomp",)


async def test_a_group_of_others_gets_no_signal(
    runner: DryRunner, write_app: WriteApp, bystander: subprocess.Popen[bytes]
) -> None:
    code = f"import os\ntry:\n    os.kill(-{bystander.pid}, 9)\nexcept OSError:\n    pass"
    (problem,) = (await tried(runner, write_app, code)).problems
    assert "sends SIGKILL to another process, which was refused" in problem.message
    assert problem.place == "entry.py:3"
    assert bystander.poll() is None


async def test_same_app_compiles_to_the_same_module(runner: DryRunner, write_app: WriteApp) -> None:
    first = await tried(runner, write_app, "")
    second = await tried(runner, write_app, "")
    assert first.module == second.module


async def test_module_is_the_one_that_the_server_would_serve(
    runner: DryRunner, write_app: WriteApp
) -> None:
    code = b"""
import reflex as rx
from app.sdk import DynamicApp


class S(rx.State):
    rows: list[str] = []

    @rx.event
    async def take(self, files: list[rx.UploadFile]):
        pass


def index():
    parts = rx.foreach(S.rows, rx.text), rx.upload(rx.text("drop"), on_drop=S.take)
    return rx.box(*parts, rx.data_editor(columns=[], data=[]), rx.markdown("*a*"))


class AppEntry(DynamicApp):
    name = "Parts"
    pages = {"/": index}
"""
    folder = write_app({"entry.py": code})
    result = await runner.run(folder)
    here = load_unserved(
        read_source(folder),
        taken_urls={},
        has_library=lambda _: True,
        built_in_wraps=BUILT_IN_WRAPS,
    )
    assert isinstance(here, LoadedVersion)
    assert result.problems == ()
    assert result.module == here.module.digest
    assert result.bundle == bundle_of(here, here.source.digest)


async def test_static_app_has_no_module(runner: DryRunner, write_app: WriteApp) -> None:
    entry = (
        b"from app.sdk import StaticApp\n\n\nclass AppEntry(StaticApp):\n"
        b'    name = "Plans"\n    version = "2"\n'
    )
    result = await runner.run(write_app({"entry.py": entry, "dist/index.html": b"<p>"}))
    assert result.problems == ()
    assert result.module == ""
    assert result.facts is not None
    assert (result.facts.kind, result.facts.name, result.facts.pages) == ("static", "Plans", ())


async def test_problems_of_the_loader_keep_their_place(
    runner: DryRunner, write_app: WriteApp
) -> None:
    result = await tried(runner, write_app, "\n1 / 0")
    (problem,) = result.problems
    assert (problem.file, problem.line, problem.stage) == ("entry.py", 2, "load")
    assert "ZeroDivisionError" in problem.message


async def test_a_page_that_browsers_cannot_read_is_a_problem(
    runner: DryRunner, write_app: WriteApp
) -> None:
    entry = ENTRY.replace(b'rx.text("counter")', b'rx.text(rx.Var("((("))')
    result = await runner.run(write_app({"entry.py": entry}))
    (problem,) = result.problems
    assert (problem.file, problem.stage) == ("entry.py", "compile")
    assert "page '/': the content of Text is `(((`" in problem.message
    assert result.facts is None


async def test_pages_that_are_too_large_are_a_problem(
    runner: DryRunner, write_app: WriteApp
) -> None:
    entry = ENTRY.replace(b'rx.text("counter")', b'rx.text("x" * 100_000_000)')
    result = await runner.run(write_app({"entry.py": entry}))
    (problem,) = result.problems
    assert (problem.file, problem.stage) == ("entry.py", "compile")
    assert "more than 4 MB" in problem.message
    assert result.facts is None


async def test_library_that_this_server_lacks_is_a_problem(
    runner: DryRunner, write_app: WriteApp
) -> None:
    result = await tried(runner, write_app, "", has_library=lambda name: name != "@radix-ui/themes")
    (problem,) = result.problems
    assert '"@radix-ui/themes" is not in the front end' in problem.message


async def test_url_of_another_app_is_a_problem(runner: DryRunner, write_app: WriteApp) -> None:
    folder = write_app()
    result = await runner.run(folder, taken_urls={"acme-counter": "globex/counter"})
    assert "globex/counter both have the url" in result.problems[0].message
    assert (await runner.run(folder, taken_urls={"acme-counter": "acme/counter"})).problems == ()


async def test_persistent_processes_are_refused_and_not_ignored(
    runner: DryRunner, write_app: WriteApp
) -> None:
    named = ENTRY + b"    processes = tuple([object])\n"
    (problem,) = (await runner.run(write_app({"entry.py": named}), limits=QUIET)).problems
    assert "none would run" in problem.message
    (problem,) = (await tried(runner, write_app, "from app.sdk import Process")).problems
    assert (problem.line, "not part of this version" in problem.remedy) == (1, True)


async def test_a_library_that_would_take_a_signal_in_passing_does_without(
    runner: DryRunner, write_app: WriteApp
) -> None:
    code = "import asyncio\nasyncio.run(asyncio.sleep(0, print('ran')))"
    result = await tried(runner, write_app, code)
    assert result.problems == result.warnings == ()
    assert "ran" in result.output


async def test_output_is_kept(runner: DryRunner, write_app: WriteApp) -> None:
    assert "hello\n" in (await tried(runner, write_app, "print('hello')")).output


async def test_native_code_cannot_fork_either(runner: DryRunner, write_app: WriteApp) -> None:
    code = "import ctypes\nprint('forked', ctypes.CDLL(None).fork())"
    result = await tried(runner, write_app, code)
    assert ("forked -1" in result.output) == ("seccomp" in offered_layers())


async def test_native_code_cannot_signal_others(runner: DryRunner, write_app: WriteApp) -> None:
    # Signal 0 only asks whether it might be sent.
    code = f"import ctypes\nprint('sent', ctypes.CDLL(None).kill({os.getpid()}, 0))"
    result = await tried(runner, write_app, code)
    assert ("sent -1" in result.output) == ("seccomp" in offered_layers())


async def test_nothing_is_written_outside_of_the_temporary_folder(
    runner: DryRunner, write_app: WriteApp, tmp_path: Path
) -> None:
    target = tmp_path / "evil"
    code = (
        f"open('here', 'w').close()\nimport tempfile\ntempfile.mkstemp()\n"
        f"try:\n    open({str(target)!r}, 'w').close()\nexcept OSError:\n    pass"
    )
    result = await tried(runner, write_app, code)
    assert result.problems == ()
    assert target.exists() == ("landlock" not in offered_layers())


async def test_nothing_of_the_server_or_of_other_apps_is_read(
    runner: DryRunner, write_app: WriteApp, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text("hush")
    other = write_app({"entry.py": ENTRY}).parent / "other"
    other.mkdir()
    (other / "entry.py").write_text("hush")
    places = [secret, other / "entry.py", Path(f"/proc/{os.getpid()}/environ"), ROOT / "Makefile"]
    code = (
        "import ctypes, os\n"
        f"for place in {[str(place) for place in places]!r}:\n"
        "    try:\n        print('python read', place, open(place).read()[:4])\n"
        "    except PermissionError:\n        print('refused', place)\n"
        "    if ctypes.CDLL(None).open(place.encode(), os.O_RDONLY) >= 0:\n"
        "        print('native code read', place)\n"
        f"try:\n    print('listed', os.listdir({str(tmp_path)!r}))\n"
        "except PermissionError:\n    print('refused the list')\n"
    )
    result = await tried(runner, write_app, code)
    confined = "landlock" in offered_layers()
    assert result.problems == ()
    assert [line.split()[0] for line in result.output.splitlines()] == (
        ["refused"] * 5 if confined else ["python", "native"] * len(places) + ["listed"]
    )


async def test_who_reads_elsewhere_is_told_where_and_what_to_do(
    runner: DryRunner, write_app: WriteApp, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text("hush")
    result = await tried(runner, write_app, f"\nprint(open({str(secret)!r}).read())")
    if "landlock" in offered_layers():
        (problem,) = result.problems
        assert (problem.file, problem.line) == ("entry.py", 2)
        assert str(secret) in problem.message
        assert "its own folder" in problem.remedy
    else:
        assert "hush" in result.output


async def test_what_every_python_and_the_app_itself_need_is_read(
    runner: DryRunner, write_app: WriteApp
) -> None:
    code = b"""
import csv, getpass, json, mimetypes, ssl, tempfile, zoneinfo
from pathlib import Path
print(Path(__file__).with_name("data.json").read_text())
print(zoneinfo.ZoneInfo("Europe/Berlin"))
ssl.create_default_context()
mimetypes.init()
with tempfile.TemporaryFile("w+") as file:
    file.write("kept")
    file.seek(0)
    print(file.read())
print(Path("/proc/self/status").read_text()[:5])
"""
    result = await runner.run(write_app({"entry.py": code + ENTRY, "data.json": b"[1]"}))
    assert result.problems == ()
    assert result.output.split() == ["[1]", "Europe/Berlin", "kept", "Name:"]


async def test_package_does_not_see_the_environment_of_the_server(
    write_app: WriteApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_TOKEN", "hush")
    folder = write_app({"entry.py": b"import os\nprint(sorted(os.environ))\n" + ENTRY})
    result = await dry_run(folder)
    assert "PATH" in result.output
    assert "GRAFT_TOKEN" not in result.output


async def test_standard_input_is_empty(runner: DryRunner, write_app: WriteApp) -> None:
    result = await tried(runner, write_app, "import sys\nprint(repr(sys.stdin.read()))")
    assert "''" in result.output


async def test_endless_loop_holds_up_nobody_else(runner: DryRunner, write_app: WriteApp) -> None:
    sound = write_app({"entry.py": ENTRY}, "acme/sound")
    bad = write_app({"entry.py": b"while True: pass\n" + ENTRY}, "acme/bad")
    order: list[str] = []

    async def run(folder: Path) -> None:
        await runner.run(folder, limits=DryRunLimits(seconds=3.0))
        order.append(folder.name)

    await asyncio.gather(run(bad), run(sound))
    assert order == ["sound", "bad"]


async def test_cancelled_run_ends_its_processes(runner: DryRunner, write_app: WriteApp) -> None:
    folder = write_app({"entry.py": b"while True: pass\n" + ENTRY})
    running = asyncio.create_task(runner.run(folder))
    pid = runner.process_id
    assert pid is not None
    await until(lambda: bool(children(pid)))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not children(pid))


async def test_process_that_died_is_replaced(runner: DryRunner, write_app: WriteApp) -> None:
    await runner.start()
    before = runner.process_id
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert (await tried(runner, write_app, "")).problems == ()
    assert runner.process_id not in (None, before)


async def test_process_that_dies_during_a_run_is_replaced_and_the_run_made_again(
    write_app: WriteApp,
) -> None:
    folder = write_app({"entry.py": b"while True: pass\n" + ENTRY})
    async with DryRunner() as own:
        before = own.process_id
        assert before is not None
        running = asyncio.create_task(own.run(folder, limits=DryRunLimits(seconds=2.0)))
        await until(lambda: bool(children(before)))
        wardens = children(before)
        os.kill(before, signal.SIGKILL)
        assert "does not end" in (await running).problems[0].message
        assert own.process_id != before
        await until(lambda: not any(exists(f"/proc/{pid}") for pid in wardens))


async def test_close_leaves_no_process_and_no_folder(write_app: WriteApp) -> None:
    runner = DryRunner()
    await runner.run(write_app())
    pid, folder = runner.process_id, str(runner._supervisor.folder)
    assert exists(folder)
    assert exists(f"/proc/{pid}")
    await runner.close()
    assert not exists(folder)
    assert not exists(f"/proc/{pid}")


async def test_a_server_that_is_killed_leaves_no_process_and_no_folder_either(
    write_app: WriteApp,
) -> None:
    endless = write_app({"entry.py": b"open('here', 'w')\nwhile True: pass\n" + ENTRY})
    code = f"""
import asyncio
from pathlib import Path
from app.packages.trying.dry_run import DryRunner

async def main():
    async with DryRunner() as runner:
        print(runner.process_id, runner._supervisor.folder, flush=True)
        await runner.run(Path({str(endless)!r}))

asyncio.run(main())
"""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    pid, folder = (await server.stdout.readline()).decode().split()
    await until(lambda: any(Path(folder).rglob("here")))
    (warden,) = children(int(pid))
    (trial,) = children(warden)
    server.kill()
    await server.wait()
    await until(lambda: not exists(folder))
    await until(lambda: not any(exists(f"/proc/{one}") for one in (pid, warden, trial)))


def threads(pid: int | None) -> list[str]:
    """Ids of the threads of a process."""
    return os.listdir(f"/proc/{pid}/task")


def children(pid: int) -> list[int]:
    """Ids of the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def exists(path: str) -> bool:
    """Whether there is a file or folder, or a process by its folder in /proc."""
    return Path(path).exists()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, looking again every few milliseconds."""
    async with asyncio.timeout(120):
        # Other processes set no event.
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


SETTINGS = """
from pydantic import BaseModel, SecretStr, field_validator

class Settings(BaseModel):
    host: str
    key: SecretStr = SecretStr("default-key")

    @field_validator("host")
    @classmethod
    def reachable(cls, host):
        while host == "endless":
            pass
        if host.startswith("no"):
            raise ValueError(f"{host} is not allowed")
        return host
"""


async def with_settings(runner: DryRunner, write_app: WriteApp, **settings: object) -> DryRun:
    """Dry run of an app with settings, which are given these values."""
    entry = ENTRY.replace(b"    pages =", b"    settings = Settings\n    pages =")
    folder = write_app({"entry.py": SETTINGS.encode() + entry})
    return await runner.run(folder, limits=SHORT, settings=settings or None)


async def test_what_settings_an_app_has_is_known_without_loading_it_here(
    runner: DryRunner, write_app: WriteApp
) -> None:
    run = await with_settings(runner, write_app)
    assert run.settings is not None
    assert list(run.settings.fields) == ["host", "key"]
    assert (run.settings.required, run.settings.secret) == ({"host"}, {"key"})
    assert "default-key" not in str(run.settings)
    assert run.wrong_settings == ()
    assert (await tried(runner, write_app, "")).settings is None


async def test_settings_are_checked_by_the_apps_own_model(
    runner: DryRunner, write_app: WriteApp
) -> None:
    assert (await with_settings(runner, write_app, host="db")).wrong_settings == ()
    run = await with_settings(runner, write_app, host="nowhere", key=7)
    assert {p.field: p.message for p in run.wrong_settings} == {
        "host": "nowhere is not allowed",
        "key": "Input should be a valid string",
    }


async def test_a_model_that_never_answers_harms_nobody(
    runner: DryRunner, write_app: WriteApp
) -> None:
    run = await with_settings(runner, write_app, host="endless")
    assert "does not end" in run.problems[0].message
