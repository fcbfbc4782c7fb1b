"""Names of events, and how to look at answers and at the audit log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from app.core import audit
from app.core.audit import Filter, Outcome
from app.core.context import Core
from app.core.opening import open_core
from tests.production.world import PASSWORD, Person, World
from tests.unit.server.raw_socket import RawSocket

STATE = "reflex___state____state"
COUNT = f"{STATE}.client_apps___acme___counter___entry____counter_state"
BOARD_STATE = f"{STATE}.client_apps___globex___board___entry____board_state"
LAUNCHER = f"{STATE}.app___web___launcher____launcher_state"
OPERATION = f"{STATE}.app___web___admin___apps___states___operation_state____operation_state"
ADMIN = f"{STATE}.app___web___admin"
HYDRATE = f"{STATE}.hydrate_and_load"
HOST = f"{STATE}.app___browser___component____host_state"
CONFIRM = f"{ADMIN}___confirm_state____confirm_state"
RECEIVE = f"{ADMIN}___apps___states___upload_state____upload_state.receive"
SECRET = "hush-hush"

T = TypeVar("T")

Tab = Callable[[Person], RawSocket]


def beside(world: World, work: Callable[[Core], Awaitable[T]]) -> T:
    """Do something with the data folder beside the server, as commands do."""

    async def run() -> T:
        core = open_core(world.data)
        try:
            return await work(core)
        finally:
            await core.close()

    return asyncio.run(run())


def refusals(world: World, person: Person, **wanted: Any) -> list[tuple[str, str]]:
    """Action and target of somebody's refused attempts, the newest first; all from here."""
    fitting = Filter(actor_id=person.id, outcome=Outcome.REFUSED, **wanted)
    found = beside(world, lambda core: audit.query(core, fitting, limit=1000)).entries
    assert {entry.ip for entry in found} <= {"127.0.0.1"}
    return [(entry.action, entry.target) for entry in found]


def confirm(socket: RawSocket) -> None:
    """Prove in a tab of the admin pages that a person sits there."""
    socket.send(f"{CONFIRM}.confirm", _at="/admin/apps", form={"password": PASSWORD})
    assert socket.value("confirm_state", "is_open") is False


def silent(socket: RawSocket) -> None:
    """Make sure that nothing came in answer to what was sent: the next answer is that to this."""
    socket.send(f"{LAUNCHER}.search", query=SECRET)
    first = socket.update()
    assert not first.get("events")
    (state,) = first["delta"]
    assert state.endswith("launcher_state")


def shape(answer: httpx.Response) -> tuple[int, str, str, str]:
    """What can be told from an answer."""
    headers = answer.headers
    kind, cache = headers.get("content-type", ""), headers.get("cache-control", "")
    return answer.status_code, answer.text, kind, cache
