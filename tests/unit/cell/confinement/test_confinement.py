from __future__ import annotations

import json

from app.cell.confinement.confinement import Confinement


def test_a_confinement_stays_what_it_is_as_json() -> None:
    allowed = Confinement(read=("/a",), write=("/b", "/c"), network=True, data_bytes=1)
    assert Confinement.from_dict(json.loads(json.dumps(allowed.as_dict()))) == allowed
