"""Vars of states, as a test names them."""

from __future__ import annotations

from typing import Any

from reflex_base.constants.state import FIELD_MARKER
from reflex_base.vars.base import Var

from app.cell.loading.version import LoadedVersion


def data_of(var: Any) -> Any:
    """Return state and field of a var.

    Raises:
        TypeError: it is no var of a state.
    """
    data = var._get_all_var_data() if isinstance(var, Var) else None
    if data is None or not data.state:
        raise TypeError(
            f"a var of a state such as MyState.count is needed, not {var!r}; what the browser does"
            " not get, such as backend vars, is in (await page.state(MyState))._name"
        )
    return data


def title_var(version: LoadedVersion | None, template: str) -> Var[Any]:
    """Return the var that a page has for a title.

    Raises:
        NotImplementedError: it is more than a var alone.
    """
    page: Any = version.entry.pages[template] if version is not None else None
    var: Any = getattr(page, "title", None)
    data = var._get_all_var_data() if isinstance(var, Var) else None
    if data is None or not str(var).endswith(f".{data.field_name}{FIELD_MARKER}"):
        raise NotImplementedError(
            f"the title of page {template!r} is made of a text and vars, which only a browser puts"
            " together: look at the vars with page.get(…)"
        )
    found: Var[Any] = var
    return found
