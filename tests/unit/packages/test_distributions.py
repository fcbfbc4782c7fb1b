from __future__ import annotations

from app.packages.distributions import distributions_of, is_installed
from tests.unit.packages.archives import source_of


def test_distributions_are_named_by_what_is_imported() -> None:
    code = b"import reflex.state, json\nfrom argon2 import low_level\nimport app.sdk\n"
    assert distributions_of(source_of({"a.py": code})) == ("argon2-cffi", "reflex")


def test_import_whose_lack_is_caught_is_not_needed() -> None:
    code = b"try:\n    import pydantic\nexcept ImportError:\n    pass\n"
    assert distributions_of(source_of({"a.py": code})) == ()


def test_installed_distributions_are_known() -> None:
    assert is_installed("pydantic")
    assert is_installed("Pydantic")
    assert not is_installed("no-such-thing")
    assert not is_installed("../x")
