"""What an administrator can do with an app: what each will do to how many people, and doing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.core.apps import App
from app.kernel.actor import Actor
from app.kernel.capabilities import friendly
from app.kernel.errors import Invalid
from app.platform.permissions import Requester
from app.platform.platform import Platform
from app.web.admin.apps.states import sharing

PATIENCE_SECONDS = 10.0
"""How long a page waits for a load, and does nothing else meanwhile; it says so when one takes
longer."""

Run = Callable[[Platform, Requester, str, str, int | None], Awaitable[App]]


@dataclass(frozen=True)
class Situation:
    """What somebody should know before they decide.

    Attributes:
        app: the app as it is now.
        argument: what the deed is about: a version's number, a capability, …; "" when nothing.
        viewing: who has the app open now, once for each page.
        audience: how many people may see the app now, and how many may afterwards, if that changes.
        needs: which settings the version lacks, as a sentence; "" when none.
    """

    app: App
    argument: str
    viewing: tuple[Actor, ...] = ()
    audience: tuple[int, int] = (0, 0)
    needs: str = ""

    @property
    def pages(self) -> int:
        """In how many pages the app is open now."""
        return len(self.viewing)

    @property
    def people(self) -> int:
        """How many different people have it open."""
        return len({actor.user.id for actor in self.viewing})

    @property
    def who(self) -> str:
        """How many people are concerned, as a sentence."""
        if self.pages == 0:
            return "Nobody has it open now."
        people = "1 person has" if self.people == 1 else f"{self.people} people have"
        pages = "1 page" if self.pages == 1 else f"{self.pages} pages"
        return f"{people} it open now, in {pages}."


@dataclass(frozen=True)
class Deed:
    """One thing to do with an app.

    Attributes:
        title: what is asked, with {name} and {argument}.
        button: what confirms it.
        done: what is told afterwards, with {name} and {argument}.
        consequence: what will happen, in sentences.
        run: does it, given the platform, who asks, the app, the argument and the revision seen.
        asks: whether it is asked before it is done.
        destructive: whether people lose something by it.
    """

    title: str
    button: str
    done: str
    consequence: Callable[[Situation], str]
    run: Run
    asks: bool = True
    destructive: bool = False

    def text(self, template: str, situation: Situation) -> str:
        """Fill in a title or what is told."""
        about = situation.argument.replace("\n", " ")
        return template.format(name=situation.app.name, argument=about)


def number_of(argument: str) -> int:
    """Return a version's number.

    Raises:
        Invalid: it is none.
    """
    if not argument.isascii() or not argument.isdigit() or len(argument) > 9:
        raise Invalid(f"{argument[:40]!r} is not the number of a version")
    return int(argument)


def _promoting(situation: Situation) -> str:
    app = situation.app
    first = (
        "The app appears to everybody who may see it."
        if app.current is None
        else f"It takes the place of version {app.current}, at once and in every open page; what "
        "people typed stays."
    )
    off = (
        ""
        if app.enabled
        else " The app is switched off, so nobody gets it before you switch it on."
    )
    needs = f" {situation.needs} Set them first, under Settings." if situation.needs else ""
    return f"{first} {situation.who}{off}{needs}"


def _rolling_back(situation: Situation) -> str:
    return (
        f"Exactly these files, as they were uploaded, take the place of version "
        f"{situation.app.current}, at once and in every open page. {situation.who}"
    )


def _disabling(situation: Situation) -> str:
    return (
        "Open pages show that the app is switched off; what is running ends, and nothing of it can "
        f"be used until it is switched on again. Its state is kept. {situation.who}"
    )


def _deleting(situation: Situation) -> str:
    return (
        "Open pages are told that the app is gone, and it disappears for everybody. For 30 days it "
        f"can be brought back with all its versions. Its documents stay. {situation.who}"
    )


def _granting(situation: Situation) -> str:
    return (
        f"The app may then {friendly(situation.argument)}, in every version that asks for it. "
        "Versions that waited for this only can be promoted."
    )


def _revoking(situation: Situation) -> str:
    return (
        f"The app may not {friendly(situation.argument)} any more, at once. Whatever needs it "
        f"fails with a message. {situation.who}"
    )


def _sharing(situation: Situation) -> str:
    wanted = sharing.from_text(situation.argument)
    return f"{sharing.told(*situation.audience)} {sharing.losing(wanted, situation.viewing)}"


def _of(
    method: Callable[..., Awaitable[App]], read: Callable[[str], Any] | None = None, **more: float
) -> Run:
    """Return a deed that is one method of the platform, given what `read` makes of the argument and
    what else it takes.
    """

    async def run(
        platform: Platform, who: Requester, app_id: str, argument: str, revision: int | None
    ) -> App:
        about = () if read is None else (read(argument),)
        return await method(platform, who, app_id, *about, base_revision=revision, **more)

    return run


def _alone(argument: str) -> list[str]:
    return [argument]


async def _clear_errors(
    platform: Platform, who: Requester, app_id: str, argument: str, revision: int | None
) -> App:
    await platform.watching.clear_errors(who, app_id)
    return await platform.app(who, app_id)


async def _end_preview(
    platform: Platform, who: Requester, app_id: str, argument: str, revision: int | None
) -> App:
    return await platform.end_preview(who, app_id, argument)


def _clearing(situation: Situation) -> str:
    return (
        "The list of errors begins anew on this node, for everybody who looks after the app. The "
        "log keeps its lines."
    )


def _nothing(situation: Situation) -> str:
    return situation.who


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "promote": Deed(
            "Promote version {argument} of {name}?",
            "Promote",
            "Version {argument} of {name} is served.",
            _promoting,
            _of(Platform.promote, number_of, patience=PATIENCE_SECONDS),
        ),
        "rollback": Deed(
            "Roll {name} back to version {argument}?",
            "Roll back",
            "Version {argument} of {name} is served again.",
            _rolling_back,
            _of(Platform.rollback, number_of, patience=PATIENCE_SECONDS),
            destructive=True,
        ),
        "enable": Deed(
            "Switch {name} on?",
            "Switch on",
            "{name} is on.",
            _nothing,
            _of(Platform.enable, patience=PATIENCE_SECONDS),
            asks=False,
        ),
        "disable": Deed(
            "Switch {name} off?",
            "Switch off",
            "{name} is off.",
            _disabling,
            _of(Platform.disable),
            destructive=True,
        ),
        "delete": Deed(
            "Delete {name}?",
            "Delete",
            "{name} is deleted. It can be brought back for 30 days.",
            _deleting,
            _of(Platform.delete),
            destructive=True,
        ),
        "undelete": Deed(
            "Bring {name} back?",
            "Bring back",
            "{name} is back.",
            _nothing,
            _of(Platform.undelete, patience=PATIENCE_SECONDS),
            asks=False,
        ),
        "grant": Deed(
            "Grant {argument} to {name}?",
            "Grant",
            "{name} has {argument}.",
            _granting,
            _of(Platform.grant, _alone),
        ),
        "revoke": Deed(
            "Take {argument} from {name}?",
            "Take away",
            "{name} has {argument} no more.",
            _revoking,
            _of(Platform.revoke, _alone),
            destructive=True,
        ),
        "share": Deed(
            "Change who sees {name}?",
            "Change",
            "Who sees {name} is changed.",
            _sharing,
            _of(Platform.set_visibility, sharing.from_text),
            destructive=True,
        ),
        "clear_errors": Deed(
            "Clear the errors of {name}?",
            "Clear",
            "The errors of {name} are cleared.",
            _clearing,
            _clear_errors,
            destructive=True,
        ),
        "end_preview": Deed(
            "End the preview?",
            "End",
            "The preview of {name} is over.",
            _nothing,
            _end_preview,
            asks=False,
        ),
    }
)


def deed_named(name: str) -> Deed:
    """Return a deed; browsers name them.

    Raises:
        Invalid: there is none of that name.
    """
    found = DEEDS.get(name)
    if found is None:
        raise Invalid(f"nothing is called {name[:40]!r}")
    return found
