from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.bridge.serving import BACKEND, serve_what_is_built
from app.core.private import making_private

SET = ("ENV_MODE", "SKIP_COMPILE", "WEB_WORKDIR", "DIR", "UPLOADED_FILES_DIR")


@pytest.mark.parametrize("of_release", [0o755, 0o555])
def test_what_is_copied_from_a_release_is_for_the_server_only_and_it_writes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_release: int
) -> None:
    for name in SET:
        monkeypatch.setenv(f"REFLEX_{name}", "")  # set again, and as before after the test
    release, data = tmp_path / "release", tmp_path / "data"
    (release / BACKEND).mkdir(parents=True)
    (release / BACKEND / "note").write_text("1")
    (release / BACKEND).chmod(of_release)
    with making_private():
        for _ in range(2):  # a second start, too
            serve_what_is_built(release, data)
    copied = data / "reflex" / "web" / BACKEND
    assert (copied / "note").read_text() == "1"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o700
    assert Path(os.environ["REFLEX_WEB_WORKDIR"]) == copied.parent
