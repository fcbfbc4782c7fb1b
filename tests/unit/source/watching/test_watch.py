"""Real files and the real watcher; nothing here waits for luck, only for events."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs
from watchdog.observers.polling import PollingObserver

from app.source.watching.feed import Feed, Mark
from app.source.watching.git_lock import GitLock
from app.source.watching.inotify_feed import InotifyFeed
from app.source.watching.observer_feed import ObserverFeed
from app.source.watching.watch import Pace, Watcher

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

TIMEOUT = 60.0
COUNTER = "acme/counter"


class Changes:
    """The changes that a watcher reported."""

    def __init__(self) -> None:
        self._queue: queue.Queue[frozenset[str]] = queue.Queue()
        self.report = self._queue.put

    def next(self, timeout: float = TIMEOUT) -> frozenset[str]:
        """The next change; raises queue.Empty when none comes."""
        return self._queue.get(timeout=timeout)

    def until(self, app: str) -> list[frozenset[str]]:
        """All changes up to the first that holds `app`."""
        found = [self.next()]
        while app not in found[-1]:
            found.append(self.next())
        return found

    def apps(self, *wanted: str) -> None:
        """Wait until all these apps have been reported, in however many changes."""
        missing = set(wanted)
        while missing:
            missing -= self.next()


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def probe(apps_root: Path, write_app: WriteApp) -> Callable[[], str]:
    """Save an app of its own: what was reported before it, came of earlier events."""
    numbers = iter(range(1000))
    write_app("zz/probe")

    def save() -> str:
        (apps_root / "zz/probe/entry.py").write_text(f"x = {next(numbers)}\n")
        return "zz/probe"

    return save


@pytest.fixture
def watch(
    apps_root: Path, write_app: WriteApp, changes: Changes
) -> Iterator[Callable[..., Watcher]]:
    """Start watching; everything is closed at the end."""
    open_watchers: list[Watcher] = []

    def start(**options: object) -> Watcher:
        watcher = Watcher(apps_root, changes.report, **options)  # type: ignore[arg-type]
        open_watchers.append(watcher)
        return watcher

    write_app(COUNTER, {"entry.py": "x = 0\n", "sub/deep.py": "", "assets/a.css": ""})
    yield start
    for watcher in open_watchers:
        watcher.close()


def observer_feed(root: Path, mark: Mark) -> Feed:
    """The feed of other platforms; polling stands in for their observers."""
    return ObserverFeed(root, mark, PollingObserver(timeout=0.02))


FEEDS = [pytest.param(None, id="platform"), pytest.param(observer_feed, id="observer")]


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("name", ["entry.py", "sub/deep.py", "assets/a.css", "new.py"])
def test_a_save_is_one_change_of_its_app(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path, feed: object, name: str
) -> None:
    watch(feed=feed)
    (apps_root / COUNTER / name).write_text("x = 1\n")
    assert changes.next() == {COUNTER}


def test_an_atomic_save_is_one_change(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path, probe: Callable[[], str]
) -> None:
    watch(pace=Pace(quiet=0.2))
    temporary = apps_root / COUNTER / "sedK3x9"
    temporary.write_text("x = 1\n")
    os.replace(temporary, apps_root / COUNTER / "entry.py")
    assert changes.next() == {COUNTER}
    assert changes.until(probe()) == [{"zz/probe"}]


def test_a_rename_is_not_held_back(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    watch()
    waited = []
    for number in range(30):
        temporary = apps_root / COUNTER / "sedK3x9"
        temporary.write_text(f"x = {number}\n")
        started = time.monotonic()
        os.replace(temporary, apps_root / COUNTER / "entry.py")
        assert changes.next() == {COUNTER}
        waited.append(time.monotonic() - started)
    # watchdog's observer holds some of them back for half a second.
    assert sorted(waited)[27] < 0.2


@pytest.mark.parametrize("feed", FEEDS)
def test_a_new_app_and_a_deleted_one_are_seen(
    watch: Callable[..., Watcher],
    changes: Changes,
    apps_root: Path,
    write_app: WriteApp,
    feed: object,
) -> None:
    watch(feed=feed)
    write_app("globex/editor", {"entry.py": "x = 1\n"})
    changes.apps("globex/editor")
    shutil.rmtree(apps_root / COUNTER)
    changes.apps(COUNTER)


@pytest.mark.parametrize("feed", FEEDS)
def test_a_client_folder_that_is_moved_in_or_away_changes_all_its_apps(
    watch: Callable[..., Watcher],
    changes: Changes,
    apps_root: Path,
    tmp_path: Path,
    write_app: WriteApp,
    feed: object,
) -> None:
    write_app("acme/plan")
    watch(feed=feed)
    os.rename(apps_root / "acme", tmp_path / "away")
    changes.apps(COUNTER, "acme/plan")
    os.rename(tmp_path / "away", apps_root / "globex")
    changes.apps("globex/counter", "globex/plan")


def test_a_save_in_a_renamed_app_is_seen_under_its_new_name(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    watch()
    os.rename(apps_root / COUNTER, apps_root / "acme/tally")
    changes.apps(COUNTER, "acme/tally")
    (apps_root / "acme/tally/sub/deep.py").write_text("x = 2\n")
    assert changes.next() == {"acme/tally"}


def test_a_folder_that_was_moved_away_is_not_watched_any_more(
    watch: Callable[..., Watcher],
    changes: Changes,
    apps_root: Path,
    tmp_path: Path,
    probe: Callable[[], str],
) -> None:
    watch()
    os.rename(apps_root / COUNTER, tmp_path / "away")
    assert changes.next() == {COUNTER}
    (tmp_path / "away/entry.py").write_text("x = 2\n")
    assert changes.until(probe()) == [{"zz/probe"}]


def test_a_folder_that_comes_back_is_watched_again(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path, tmp_path: Path
) -> None:
    watch()
    for _ in range(3):
        os.rename(apps_root / COUNTER, tmp_path / "away")
        assert changes.next() == {COUNTER}
        os.rename(tmp_path / "away", apps_root / COUNTER)
        assert changes.next() == {COUNTER}
    (apps_root / COUNTER / "sub/deep.py").write_text("x = 2\n")
    assert changes.next() == {COUNTER}


def test_files_in_folders_made_a_moment_ago_are_not_missed(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    watch()
    for number in range(50):
        deep = apps_root / f"client{number}" / "app" / "a" / "b"
        deep.mkdir(parents=True)
        (deep / "first.py").write_text("x = 1\n")
        changes.apps(f"client{number}/app")
        (deep / "first.py").write_text("x = 2\n")
        changes.apps(f"client{number}/app")


def test_two_hundred_files_written_together_are_one_change(
    watch: Callable[..., Watcher], changes: Changes, write_app: WriteApp, apps_root: Path
) -> None:
    apps = [f"client{number % 10}/app{number}" for number in range(200)]
    for app in apps:
        write_app(app)
    # A quiet time that no hiccup of a busy machine reaches: here only the grouping counts.
    watch(pace=Pace(quiet=1.0, burst=1.0, longest=60.0))
    for app in apps:
        (apps_root / app / "entry.py").write_text("x = 2\n")
    assert changes.next() == set(apps)


def test_events_that_do_not_end_are_reported_all_the_same(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    watch(pace=Pace(quiet=TIMEOUT * 2, burst=TIMEOUT * 2, longest=0.05))
    (apps_root / COUNTER / "entry.py").write_text("x = 1\n")
    assert changes.next() == {COUNTER}


def test_several_files_wait_while_git_writes_the_work_tree(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    lock = apps_root.parent / ".git" / "index.lock"
    lock.parent.mkdir()
    lock.touch()
    watch(pace=Pace(quiet=1.0, burst=0.001, longest=60.0, git=TIMEOUT * 2))
    (apps_root / COUNTER / "entry.py").write_text("x = 1\n")
    (apps_root / COUNTER / "other.py").write_text("x = 1\n")
    with pytest.raises(queue.Empty):
        changes.next(timeout=0.2)
    lock.unlink()
    assert changes.next() == {COUNTER}


def test_a_real_checkout_of_two_hundred_files_is_one_change(
    watch: Callable[..., Watcher],
    changes: Changes,
    apps_root: Path,
    write_app: WriteApp,
    probe: Callable[[], str],
) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@x.example")
        subprocess.run(["git", *who, *arguments], cwd=apps_root, check=True, capture_output=True)

    names = [f"sub/deep{n % 7}/module{n}.py" for n in range(200)]
    git("init", "-q", "-b", "one")
    write_app(COUNTER, {"entry.py": "x = 1\n", **dict.fromkeys(names, "x = 1\n")})
    git("add", "-A")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "two")
    write_app(COUNTER, {"entry.py": "x = 2\n", **dict.fromkeys(names[:-1], "x = 2\n")})
    (apps_root / COUNTER / names[-1]).unlink()
    git("add", "-A")
    git("commit", "-qm", "two")
    # How long a pause counts as the end depends on the machine, also that after the first file;
    # that it is one change does not.
    watch(pace=Pace(quiet=5.0, burst=5.0, longest=TIMEOUT))
    git("checkout", "-q", "one")
    assert changes.next() == {COUNTER}
    assert changes.until(probe()) == [{"zz/probe"}]


def test_a_single_save_does_not_wait_for_git(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    (apps_root.parent / ".git").mkdir()
    (apps_root.parent / ".git" / "index.lock").touch()
    watch(pace=Pace(git=TIMEOUT * 2))
    (apps_root / COUNTER / "entry.py").write_text("x = 1\n")
    assert changes.next() == {COUNTER}


@pytest.mark.parametrize("feed", FEEDS)
def test_what_is_no_part_of_an_app_is_no_change(
    watch: Callable[..., Watcher],
    changes: Changes,
    apps_root: Path,
    write_app: WriteApp,
    probe: Callable[[], str],
    feed: object,
) -> None:
    write_app(COUNTER, {"tests/test_it.py": "", "__pycache__/entry.pyc": ""})
    watch(feed=feed)
    ignored = [
        f"{COUNTER}/tests/test_it.py",
        f"{COUNTER}/tests/new/test_more.py",
        f"{COUNTER}/__pycache__/entry.pyc",
        f"{COUNTER}/sub/__pycache__/deep.pyc",
        f"{COUNTER}/.entry.py.swp",
        f"{COUNTER}/entry.py~",
        f"{COUNTER}/4913",
        f"{COUNTER}/.cache/x.py",
        "acme/notes.md",
        "notes.md",
        ".git/objects/x",
    ]
    for name in ignored:
        (apps_root / name).parent.mkdir(parents=True, exist_ok=True)
        (apps_root / name).write_text("x")
    assert changes.until(probe()) == [{"zz/probe"}]


def test_reading_an_app_is_no_change(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path, probe: Callable[[], str]
) -> None:
    watch()
    for path in (apps_root / COUNTER).rglob("*.py"):
        path.read_bytes()
    assert changes.until(probe()) == [{"zz/probe"}]


def test_a_hard_link_is_a_change(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path
) -> None:
    watch()
    os.link(apps_root / COUNTER / "entry.py", apps_root / COUNTER / "linked.py")
    assert changes.next() == {COUNTER}


def test_a_failing_callback_does_not_end_the_watching(
    apps_root: Path, write_app: WriteApp, changes: Changes
) -> None:
    write_app(COUNTER)

    def fail(apps: frozenset[str]) -> None:
        changes.report(apps)
        raise RuntimeError("broken consumer")

    with capture_logs() as lines:
        watcher = Watcher(apps_root, fail)
        try:
            for number in range(2):
                (apps_root / COUNTER / "entry.py").write_text(f"x = {number}\n")
                assert changes.next() == {COUNTER}
        finally:
            watcher.close()
    assert [line["what"] for line in lines] == ["telling of saved apps"] * 2


def test_the_callback_may_close_the_watcher(apps_root: Path, write_app: WriteApp) -> None:
    write_app(COUNTER)
    closed = threading.Event()

    def close(apps: frozenset[str]) -> None:
        watcher.close()
        closed.set()

    watcher = Watcher(apps_root, close)
    (apps_root / COUNTER / "entry.py").write_text("x = 1\n")
    assert closed.wait(TIMEOUT)


def test_closing_is_prompt_and_ends_all_threads(watch: Callable[..., Watcher]) -> None:
    before = threading.active_count()
    watcher = watch(pace=Pace(quiet=60.0, burst=60.0, longest=60.0))
    watcher.close()  # does not wait for the pace
    watcher.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("feed", FEEDS)
def test_the_folder_of_all_apps_may_be_a_link(
    apps_root: Path,
    write_app: WriteApp,
    changes: Changes,
    tmp_path: Path,
    feed: Callable[[Path, Mark], Feed] | None,
) -> None:
    write_app(COUNTER, {"entry.py": "x = 0\n"})
    link = tmp_path / "link"
    link.symlink_to(apps_root)
    watcher = Watcher(link, changes.report, feed=feed)
    try:
        (link / COUNTER / "entry.py").write_text("x = 1\n")
        assert changes.next() == {COUNTER}
    finally:
        watcher.close()


def test_a_missing_folder_is_a_clear_error(tmp_path: Path, changes: Changes) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        Watcher(tmp_path / "nowhere", changes.report)


def test_a_save_in_one_of_a_thousand_apps_is_a_change_of_that_app(
    watch: Callable[..., Watcher], changes: Changes, apps_root: Path, write_app: WriteApp
) -> None:
    for number in range(1000):
        write_app(f"client{number % 40}/app{number}", {"entry.py": "", "assets/a.css": ""})
    watch()
    (apps_root / "client39/app999/assets/a.css").write_text("p {}")
    assert changes.next() == {"client39/app999"}


def test_a_lock_that_a_dead_git_left_does_not_count(tmp_path: Path) -> None:
    lock = tmp_path / ".git" / "index.lock"
    lock.parent.mkdir()
    lock.touch()
    assert GitLock(tmp_path).is_held()
    os.utime(lock, (1, 1))
    assert not GitLock(tmp_path).is_held()


def test_the_lock_of_a_linked_work_tree_is_found(tmp_path: Path) -> None:
    real = tmp_path / "repository" / ".git" / "worktrees" / "two"
    real.mkdir(parents=True)
    (real / "index.lock").touch()
    tree = tmp_path / "two" / "client_apps"
    tree.mkdir(parents=True)
    (tmp_path / "two" / ".git").write_text(f"gitdir: {real}\n")
    assert GitLock(tree).is_held()


def test_outside_of_git_there_is_no_lock() -> None:
    assert not GitLock(Path("/")).is_held()


def test_events_that_the_kernel_dropped_count_as_a_change_of_every_app(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app(COUNTER)
    write_app("globex/editor")
    marked: queue.Queue[str] = queue.Queue()

    def mark(apps: Iterable[str], path: str, *, gone: bool) -> None:
        for app in apps:
            marked.put(app)

    feed = InotifyFeed(apps_root, mark)
    try:
        feed.on_queue_overflow()
        assert {marked.get(timeout=TIMEOUT), marked.get(timeout=TIMEOUT)} == {
            COUNTER,
            "globex/editor",
        }
        (apps_root / COUNTER / "entry.py").write_text("x = 1\n")
        assert marked.get(timeout=TIMEOUT) == COUNTER
    finally:
        feed.close()


def test_an_event_that_is_not_understood_ends_nothing_and_nothing_is_missed(
    apps_root: Path, write_app: WriteApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_app(COUNTER)
    marked: queue.Queue[str] = queue.Queue()
    complete = InotifyFeed._is_complete
    faults = iter([OSError("the disk is away")])

    def fail_once(feed: InotifyFeed, *args: Any) -> bool:
        for fault in faults:
            raise fault
        return complete(feed, *args)

    def mark(apps: Iterable[str], path: str, *, gone: bool) -> None:
        for app in apps:
            marked.put(app)

    monkeypatch.setattr(InotifyFeed, "_is_complete", fail_once)
    feed = InotifyFeed(apps_root, mark)
    try:
        for number in range(2):
            (apps_root / COUNTER / "entry.py").write_text(f"x = {number}\n")
            assert marked.get(timeout=TIMEOUT) == COUNTER
    finally:
        feed.close()
