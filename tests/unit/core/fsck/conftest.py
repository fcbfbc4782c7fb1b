"""An admin who acts, and what was told on the bus."""

from tests.unit.core.administering import acting, admin, told

__all__ = ["acting", "admin", "told"]
