from __future__ import annotations

import asyncio
import hashlib

from app.core import apps
from app.core.apps.changes.orphans import remove_if_unused
from app.core.context import Core
from tests.unit.core.apps.packages import COUNTER, upload


async def test_what_a_version_or_a_bundle_names_stays(core: Core) -> None:
    package = (await upload(core, b"one")).version.package_digest
    bundle = await apps.add_bundle(core, COUNTER, 1, "build", b"compiled")
    orphan = await core.code.put(b"nobody's")
    assert [await remove_if_unused(core, each) for each in (package, bundle, orphan)] == [
        False,
        False,
        True,
    ]
    assert {content.digest async for content in core.code.all()} == {package, bundle}


async def test_a_package_is_never_lost_to_somebody_who_clears_up_at_the_same_time(
    core: Core,
) -> None:
    for number in range(30):
        content = b"version %d" % number
        digest = hashlib.sha256(content).hexdigest()
        added, *_ = await asyncio.gather(
            upload(core, content), *(remove_if_unused(core, digest) for _ in range(3))
        )
        assert added.version.package_digest == digest
        assert await core.code.get(digest) == content
