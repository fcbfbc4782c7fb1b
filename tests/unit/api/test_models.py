"""What the API takes: any JSON is taken as it is written, or refused as a mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.api import application  # noqa: F401 - all routers, and with them all models
from app.platform.operations.lifecycle import Delete
from app.platform.operations.operation import In

NUMBERS = st.sampled_from([0, 1, -1, 2**31 - 1, 2**31, 2**53, 2**64, 10**400, 1.0, 1.5, -0.0])
TEXTS = st.sampled_from(["1", "true", "", "admin", "apps:read", "network", "x" * 5_000, "\ud800"])
SCALARS = st.none() | st.booleans() | NUMBERS | st.integers() | TEXTS | st.text(max_size=20)
KEYS = st.text(max_size=9)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)


# Two deep, as no field is deeper; `st.recursive` takes three times as long.
JSON = SCALARS | _around(SCALARS) | _around(SCALARS | _around(SCALARS))

OTHER = st.dictionaries(st.text(max_size=12), JSON, max_size=1)


def _below(kind: type[In]) -> list[type[In]]:
    return [kind, *(model for each in kind.__subclasses__() for model in _below(each))]


# Not what has no field, or is in the address, where everything is text.
MODELS = sorted(
    {model for model in _below(In) if model.model_fields and model is not Delete},
    key=lambda model: model.__name__,
)


def bodies(model: type[In]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects with the fields of a model, and sometimes another one."""
    known = st.dictionaries(st.sampled_from(sorted(model.model_fields)), JSON, max_size=5)
    return st.builds(lambda first, second: {**second, **first}, known, OTHER)


def as_sent(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it arrives."""
    arrived: dict[str, Any] = json.loads(json.dumps(body))
    return arrived


def is_same(kept: Any, sent: Any) -> bool:
    """Tell whether nothing became something else: no text a number, no truth value either."""
    if isinstance(sent, bool) or isinstance(kept, bool):
        return kept is sent
    if isinstance(sent, dict):
        return kept.keys() == sent.keys() and all(is_same(kept[key], sent[key]) for key in sent)
    if isinstance(sent, list):
        return len(kept) == len(sent) and all(map(is_same, kept, sent))
    return bool(kept == sent)


def test_all_models_are_looked_at() -> None:
    names = {model.__name__ for model in MODELS}
    assert {"Promote", "Rollback", "Grants", "Sharing", "NewToken", "SaveSettings"} <= names


@pytest.mark.parametrize("model", MODELS)
def test_any_json_is_kept_as_it_is_or_refused(model: type[In]) -> None:
    @given(body=bodies(model).map(as_sent))  # made once: it takes longer than the examples do
    @settings(deadline=None)
    def is_kept_or_refused(body: dict[str, Any]) -> None:
        try:
            read = model.model_validate(body)
        except ValidationError:
            return
        assert body.keys() <= model.model_fields.keys()
        assert is_same(read.model_dump(mode="json", include=body.keys()), body)
        assert model.model_validate(read.model_dump(mode="json")) == read

    is_kept_or_refused()


@pytest.mark.parametrize("model", MODELS)
def test_a_field_that_nobody_knows_is_a_mistake(model: type[In]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({"post_install": "rm -rf /"})
