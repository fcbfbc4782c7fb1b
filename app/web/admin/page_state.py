"""What the handlers of all admin pages do: enter a page, and tell what is refused."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import reflex as rx

from app.bridge.sockets.events import again
from app.kernel.actor import Forbidden
from app.kernel.errors import ConfirmationNeeded, CoreError, sentence
from app.packages.trying.dry_run import DryRunFailed
from app.platform.permissions import Action
from app.source.problems import AppError
from app.web.admin.confirm_state import ConfirmState
from app.web.administration import NothingToAdminister, requester


class PageState(rx.State, mixin=True):
    """What every admin page has.

    Attributes:
        place: "list" when there is something to show, else why there is nothing: "" while it is
            loaded, "refused", "development", "broken".
        trouble: what broke.
    """

    place: str = ""
    trouble: str = ""


def entering(action: Action) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """Make an event handler the one that shows a page, for those who may do `action`.

    It gets who opens the page; others are told that there is nothing for them, and what cannot be
    read at the moment is said in place of the page.
    """

    def decorate(show: Callable[..., Awaitable[Any]]) -> Any:
        @functools.wraps(show)
        async def enter(self: Any) -> Any:
            try:
                who = await requester(action)
                self.place, self.trouble = "list", ""
                return await show(self, who)
            except NothingToAdminister:
                self.place = "development"
            except Forbidden:
                self.place = "refused"
            except CoreError as error:
                self.place, self.trouble = "broken", sentence(str(error))
            return None

        enter.__signature__ = inspect.Signature(
            list(inspect.signature(show).parameters.values())[:1]
        )
        return enter

    return decorate


def reporting_refusals(handler: Callable[..., Awaitable[Any]]) -> Any:
    """Make an event handler tell what is refused, in place of failing.

    What needs a confirmation is begun again once its user has confirmed: a handler changes nothing
    of its state before what it does is done.
    """

    @functools.wraps(handler)
    async def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(self, *args, **kwargs)
        except ConfirmationNeeded:
            arguments = (*args, *kwargs.values())
            (await self.get_state(ConfirmState))._ask(again(self, handler.__name__, arguments))
            return None
        except (CoreError, AppError, DryRunFailed) as error:
            return rx.toast.error(sentence(str(error)))

    # Reflex reads the parameters of events, and does not look through wrappers everywhere.
    run.__signature__ = inspect.signature(handler)
    return run
