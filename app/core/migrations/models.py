"""All tables of the core: importing this fills `metadata` with them."""

from __future__ import annotations

import app.core.accounts.sign_in_tables
import app.core.accounts.tables
import app.core.app_settings.tables
import app.core.apps.tables
import app.core.audit.tables
import app.core.documents.tables
import app.core.files.tables  # noqa: F401 - each defines its tables in the metadata
from app.core.tables import metadata

__all__ = ["metadata"]
