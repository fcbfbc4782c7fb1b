"""What is declared of an operation on an installed app, for everybody who offers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.platform.described import Viewers
from app.platform.permissions import Action, Requester

if TYPE_CHECKING:
    from app.core.apps import App
    from app.kernel.actor import Actor

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
# Numbers that JSON carries exactly everywhere, also to JavaScript.
Revision = Annotated[int, Field(ge=0, le=2**53 - 1)]


def _a_number(value: object) -> object:
    # Left to itself, Pydantic takes "1" and true for numbers, too.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("this is not a number")
    return value


InBody = BeforeValidator(_a_number)
Note = Annotated[str, Field(max_length=500)]


@dataclass(frozen=True)
class Situation:
    """What somebody should know before they decide.

    Attributes:
        app: the app as it is now.
        argument: what the operation is about: a version's number, a capability, …; "" when nothing.
        viewing: who has the app open now, once for each page.
        more: what else it does, or lacks, in sentences; "" when nothing.
        unsigned: whether no trusted key signed the version that it serves.
    """

    app: App
    argument: str
    viewing: tuple[Actor, ...] = ()
    more: str = ""
    unsigned: bool = False

    @property
    def warning(self) -> str:
        """What to think of before a version is served, to follow other sentences."""
        if not self.unsigned:
            return ""
        return f" Version {self.argument} is not signed with a key that this server trusts."

    @property
    def who(self) -> str:
        """How many people have it open, as a sentence."""
        return str(Viewers.of(self.viewing))


@dataclass(frozen=True)
class Route:
    """How the API offers an operation.

    Attributes:
        method: a DELETE has its arguments in the address, all others in the body.
        path: below that of the app.
        text: what it does, for the API's description.
        status: of a success; with 204 there is no answer, else the app as it is then.
    """

    method: Literal["POST", "PUT", "DELETE"]
    path: str
    text: str
    status: int = 200


@dataclass(frozen=True)
class Command:
    """How a command offers an operation.

    Attributes:
        done: says what was done, given the app as the API describes it.
        options: arguments that the command has, each as Typer is told of it.
        defaults: for arguments that nobody gave, the attribute of the app that is taken.
        text: what it does, for `--help`, if that is not the route's text.
    """

    done: Callable[[Mapping[str, Any]], str]
    options: Mapping[str, Any]
    defaults: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Question:
    """How the admin pages offer an operation.

    Attributes:
        title: what is asked, with {name} and {argument}.
        button: what confirms it.
        done: what is told afterwards, with {name} and {argument}.
        consequence: what will happen, in sentences.
        reads: makes arguments of the text that a page has for it.
        asks: whether it is asked before it is done.
        destructive: whether people lose something by it.
    """

    title: str
    button: str
    done: str
    consequence: Callable[[Situation], str] = lambda situation: situation.who
    reads: Callable[[str], Mapping[str, Any]] = lambda text: {}
    asks: bool = True
    destructive: bool = False

    def text(self, template: str, situation: Situation) -> str:
        """Fill in a title or what is told."""
        about = situation.argument.replace("\n", " ")
        return template.format(name=situation.app.name, argument=about)


class In(BaseModel):
    """What is taken from outside; a field that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Operation(In):
    """Something that can be done with an installed app: the fields are its arguments, and what is
    declared of it is all that the API, the commands and the admin pages know. `running.py` does it.

    Attributes:
        name: what pages, commands and the API's description call it.
        needs: who may.
        audited: what the audit log may call what it did.
        decides: whether it decides what is served: whoever asked waits until the node does that.
        api, command, page: how each offers it, if it does.
    """

    name: ClassVar[str]
    needs: ClassVar[Action]
    audited: ClassVar[tuple[str, ...]]
    decides: ClassVar[bool] = False
    api: ClassVar[Route | None] = None
    command: ClassVar[Command | None] = None
    page: ClassVar[Question | None] = None

    def also_needs(self, who: Requester) -> Action | None:
        """Return what the requester must be allowed, too, with these arguments."""
        return None


class Seen(In):
    """Which revision of the app the sender saw; without it, whatever is there is changed."""

    base_revision: Annotated[Revision, InBody] | None = None
