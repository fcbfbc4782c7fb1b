"""What pages of apps import of the host (app/browser/in_pages.js)."""

from __future__ import annotations

from typing import Any

from reflex_base.components.component import Component
from reflex_base.vars.base import Var
from reflex_base.vars.sequence import LiteralStringVar

LIBRARY = "$/graft/in_pages.js"


class PageTitle(Component):
    """Sets the document's title, which follows a var; shows nothing.

    Attributes:
        title: the var; when it is empty, the title is `name`.
        name: the app's.
    """

    library = LIBRARY
    tag = "GraftPageTitle"

    title: Var[Any]
    name: Var[str]


def title_of(title: Any, name: str) -> PageTitle | None:
    """Return what sets the title of a page of an app of this name; None for one that stays as it
    is. A text with vars in it (`f"{State.count} new"`) is a var.
    """
    var = Var.create(title)
    if title is None or isinstance(var, LiteralStringVar):
        return None
    return PageTitle.create(title=var, name=name)
