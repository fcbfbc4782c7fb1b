"""The dashboard: totals, charts and the table of machines."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from app.core import documents
from app.core.errors import CoreError
from app.sdk import subscribe

from .acknowledgements import KIND, read
from .charts import Point, grown
from .incident_views import open_incidents
from .simulation import Machine, plant, reading, totals
from .table import MachineRow, Selection, View, row, select


@dataclass(frozen=True)
class Kpis:
    """The figures on top of the dashboard."""

    output: float = 0.0
    temperature: float = 0.0
    running: int = 0
    machines: int = 0
    open_incidents: int = 0


class BoardState(rx.State):
    """The dashboard in one browser tab."""

    tick: int = 0
    points: list[Point] = []
    kpis: Kpis = Kpis()
    view: View = View()
    chosen: list[str] = []
    problem: str = ""
    _acknowledged: dict[str, dict[str, Any]] = {}

    @rx.var
    def selection(self) -> Selection:
        """The rows of the table's page."""
        return select(self._rows(), self.view)

    @rx.var
    def address(self) -> str:
        """The address of the dashboard as it is filtered now."""
        return self.view.address()

    async def prepare(self, parameters: Mapping[str, str]) -> None:
        """Take the view from the page's address, and listen to acknowledgements."""
        self.view = View.of(parameters)
        await subscribe(documents.topic_of_kind(KIND), BoardState.acknowledgements_changed)
        await self._read()

    def advance(self, tick: int) -> None:
        """Show the plant at `tick`."""
        watched = self._watched()
        self.points = grown(
            [dict(point) for point in self.points], tick, lambda each: totals(watched, each)
        )
        self.tick = tick
        self._count()

    @rx.event
    async def acknowledgements_changed(self, payload: dict[str, Any]) -> None:
        """Somebody acknowledged an incident."""
        await self._read()

    @rx.event
    async def retry(self) -> None:
        """Read again what could not be read."""
        await self._read()

    @rx.event
    def search(self, text: str) -> None:
        """Show only machines with these words."""
        self.view = replace(self.view, text=text, page=1)

    @rx.event
    def only_status(self, status: str) -> None:
        """Show only machines with this status; "any" shows all."""
        self.view = View.of({**_parameters(self.view), "status": status})

    @rx.event
    def only_area(self, area: str) -> None:
        """Show only machines of this area; "any" shows all."""
        self.view = View.of({**_parameters(self.view), "area": area})

    @rx.event
    def sort(self, column: str) -> None:
        """Sort by a column; again for the other way round."""
        self.view = self.view.sorted_by(column)

    @rx.event
    def turn(self, by: int) -> None:
        """Go to the next page (1) or the one before (-1)."""
        shown = select(self._rows(), self.view)
        self.view = replace(self.view, page=min(max(shown.page + by, 1), shown.pages))

    @rx.event
    def clear(self) -> None:
        """Show all machines."""
        self.view = replace(View(), sort=self.view.sort, descending=self.view.descending)

    @rx.event
    def choose(self, machine_id: str, chosen: bool) -> None:
        """Put a machine into the selection that the charts show, or take it out."""
        others = [each for each in self.chosen if each != machine_id]
        self.chosen = [*others, machine_id] if chosen else others
        self._redraw()

    @rx.event
    def choose_none(self) -> None:
        """Show all machines in the charts."""
        self.chosen = []
        self._redraw()

    def _watched(self) -> list[Machine]:
        return [each for each in plant() if not self.chosen or each.id in self.chosen]

    def _redraw(self) -> None:
        if self.tick:
            self.points = []
            self.advance(self.tick)

    def _rows(self) -> list[MachineRow]:
        if not self.tick:
            return []
        return [row(machine, reading(machine, self.tick)) for machine in plant()]

    def _count(self) -> None:
        now, rows = totals(plant(), self.tick), self._rows()
        self.kpis = Kpis(
            output=now.output,
            temperature=round(now.temperature, 1),
            running=sum(each.status == "running" for each in rows),
            machines=len(rows),
            open_incidents=open_incidents(plant(), self.tick, self._acknowledged),
        )

    async def _read(self) -> None:
        try:
            self._acknowledged = await read()
        except CoreError as error:
            self.problem = str(error)
            return
        self.problem = ""
        if self.tick:
            self._count()


def _parameters(view: View) -> dict[str, str]:
    """Return a view as the parameters it is made of, on its first page."""
    sort = f"-{view.sort}" if view.descending else view.sort
    return {"text": view.text, "status": view.status, "area": view.area, "sort": sort}
