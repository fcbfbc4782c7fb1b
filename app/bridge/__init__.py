"""Everything that touches Reflex's internals, one assumption per function.

Reflex is a dependency, not a fork: what is used here and is not part of Reflex's documented API has
a test in `tests/unit/bridge` that fails when an upgrade breaks the assumption.
"""
