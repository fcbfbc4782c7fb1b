"""Lines of a stream, whatever an app writes into its log."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.api.streams import _encoded

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES))
def test_every_line_is_one_json_object_in_one_line(line: dict[str, object]) -> None:
    sent = _encoded(line)
    assert sent.endswith(b"\n")
    assert sent.count(b"\n") == 1
    assert json.loads(sent).keys() == line.keys()
