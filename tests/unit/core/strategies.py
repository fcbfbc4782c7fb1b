"""Hypothesis strategies that several tests of the core use."""

from __future__ import annotations

from hypothesis import strategies as st

_text = st.text(st.characters(exclude_categories=["Cs"]))
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_text, inner, max_size=5),
    max_leaves=20,
)

json_objects = st.dictionaries(_text, _json, max_size=5)
