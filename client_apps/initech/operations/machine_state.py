"""The page of one machine: its sensors and its incidents."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import reflex as rx

from app.core import documents
from app.core.errors import CoreError
from app.sdk import current, subscribe

from .acknowledgements import KIND, acknowledge, read
from .charts import Point, grown
from .incident_views import IncidentView, recent
from .simulation import Machine, Reading, find, reading

# What a handler may return: events of Reflex, in any form.
Events: TypeAlias = Any


@dataclass(frozen=True)
class MachineView:
    """What the head of the page says."""

    id: str = ""
    name: str = ""
    area: str = ""
    status: str = "running"
    temperature: float = 0.0
    vibration: float = 0.0
    output: float = 0.0


class MachineState(rx.State):
    """One machine in one browser tab."""

    phase: str = "loading"  # loading | ready | missing
    machine: MachineView = MachineView()
    points: list[Point] = []
    problem: str = ""
    _machine: str = ""
    _tick: int = 0
    _acknowledged: dict[str, dict[str, Any]] = {}

    @rx.var
    def incidents(self) -> list[IncidentView]:
        """The recent incidents, the newest first."""
        found = find(self._machine)
        return recent(found, self._tick, self._acknowledged) if found and self._tick else []

    async def prepare(self, machine_id: str) -> bool:
        """Show a machine; tell whether there is one of that id."""
        found = find(machine_id)
        self._machine, self.points, self._tick, self.problem = machine_id, [], 0, ""
        self.phase = "missing" if found is None else "ready"
        if found is None:
            return False
        self.machine = MachineView(id=found.id, name=found.name, area=found.area)
        await subscribe(documents.topic_of_kind(KIND), MachineState.acknowledgements_changed)
        await self._read()
        return True

    def advance(self, tick: int) -> None:
        """Show the machine at `tick`."""
        found = find(self._machine)
        if found is None:
            return
        self.points = grown(
            [dict(point) for point in self.points], tick, lambda each: reading(found, each)
        )
        self.machine = _view(found, reading(found, tick))
        self._tick = tick

    @rx.event
    async def acknowledgements_changed(self, payload: dict[str, Any]) -> None:
        """Somebody acknowledged an incident."""
        await self._read()

    @rx.event
    async def retry(self) -> None:
        """Read again what could not be read."""
        await self._read()

    @rx.event
    async def acknowledge(self, incident_id: str) -> Events:
        """Note for everybody that this person has seen to an incident."""
        if all(incident.id != incident_id for incident in self.incidents):
            return rx.toast.error("This incident is not recent any more.")
        try:
            await acknowledge(incident_id, current.user.name, self._tick)
        except CoreError as error:
            return rx.toast.error(f"Not acknowledged: {error}")
        await self._read()
        return rx.toast.success("Acknowledged.")

    async def _read(self) -> None:
        try:
            self._acknowledged = await read()
        except CoreError as error:
            self.problem = str(error)
        else:
            self.problem = ""


def _view(machine: Machine, now: Reading) -> MachineView:
    return MachineView(
        id=machine.id,
        name=machine.name,
        area=machine.area,
        status=now.status,
        temperature=round(now.temperature, 1),
        vibration=round(now.vibration, 2),
        output=round(now.output, 1),
    )
