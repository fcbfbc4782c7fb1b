"""Pages whose routes were not known at build time: their url templates, `self.router.page.path`,
and the parameters in those, `rx.State.project_id`.

Compiled-in routes add a computed var to `rx.State` for each parameter, which changes the front
end's schema. Here the name becomes a property of `rx.State` that reads the route's parameters: as a
var in pages, as a value in handlers, and with the right dependencies in computed vars. It is not
among the state's vars.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reflex.state import BaseState, State
from reflex_base.constants import RouteVar
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event.context import EventContext
from reflex_base.vars.base import Var

_TEMPLATE = "graft_template"


@dataclass(frozen=True, slots=True)
class AppPage:
    """A page of an app: its url template, as its author wrote it, and the parameters in its
    address.
    """

    template: str = "/404"
    params: Mapping[str, Any] = field(default_factory=dict)


class RouteParameter(property):
    """Reads one url parameter, "" (or [] for a catch-all) when the page has none of the name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.empty: Any = [] if name == "splat" else ""

        def read(state: State) -> Any:
            return state.rx_router_page.params.get(name, self.empty)

        super().__init__(read)

    def __get__(self, instance: Any, owner: type | None = None, /) -> Any:
        if instance is not None:
            return super().__get__(instance, owner)
        params = State.rx_router_page.params  # type: ignore[attr-defined]
        # Never undefined: a page may be drawn a moment before it has its parameters.
        return Var(
            _js_expr=f"({params[self.name]!s} ?? {json.dumps(self.empty)})",
            _var_type=list[str] if self.name == "splat" else str,
            _var_data=params._get_all_var_data(),
        ).guess_type()


def provide_route_parameters(names: Iterable[str], states: Iterable[type[BaseState]]) -> None:
    """Make `rx.State.<name>` readable for each name that State does not have already.

    Args:
        names: parameters of an app's url templates.
        states: the app's states. They were made before the names were known, so which of their
            computed vars depend on the parameters is found out now.
    """
    unknown = {name for name in names if not hasattr(State, name)}
    for name in unknown:
        type.__setattr__(State, name, RouteParameter(name))
    if unknown:
        for state in states:
            state._init_var_dependency_dicts()  # type: ignore[no-untyped-call]


def with_page(router_data: dict[str, Any], page: AppPage) -> dict[str, Any]:
    """Return router data of an event that comes from a page of an app, with the app's own url
    template and the parameters of it.

    Reflex puts the route of the host page where the template belongs; `use_template` puts it right.
    """
    return {**_with_parameters(router_data, page), _TEMPLATE: page.template}


def use_template(router_data: dict[str, Any]) -> None:
    """Let router data that `with_page` made name the app's url template as the page's path."""
    template = router_data.pop(_TEMPLATE, None)
    if template is not None:
        router_data[RouteVar.PATH] = template


def set_page(root: BaseState, page: AppPage) -> None:
    """Tell a session's state which page of an app it is on, for an event of that session.

    The events that follow from the one that runs get the address from its context.
    """
    before = root.router_data
    after = {**_with_parameters(before, page), RouteVar.PATH: page.template}
    if after != before:
        root.router_data = root._update_router_vars(after, before)
    running = EventContext.get().router_data
    if running:
        running.update(_with_parameters(running, page))
        running[RouteVar.PATH] = page.template


def page_delta(root: BaseState) -> dict[str, dict[str, Any]]:
    """Return the update that tells a browser which page it is on."""
    vars_ = ("rx_router_page", "rx_router_url", "rx_router_route_id")
    return {State.get_full_name(): {f"{var}{FIELD_MARKER}": getattr(root, var) for var in vars_}}


def _with_parameters(router_data: dict[str, Any], page: AppPage) -> dict[str, Any]:
    query = {k: v for k, v in router_data.get("query", {}).items() if k != "splat"}
    return {**router_data, "query": {**query, **page.params}}
