"""Which events take files, as Reflex's upload endpoint sees it."""

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

from app.bridge.sockets.file_uploads import takes_files


@pytest.fixture
def registration() -> RegistrationContext:
    """A registry of its own, with events that take files and others."""
    with RegistrationContext() as registry:

        class TakingState(rx.State):
            @rx.event
            async def whole(self, files: list[rx.UploadFile]) -> None: ...

            @rx.event(background=True)
            async def in_chunks(self, chunks: rx.UploadChunkIterator) -> None: ...

            @rx.event
            def a_text(self, text: str) -> None: ...

            @rx.event
            def nothing(self) -> None: ...

    return registry


@pytest.mark.parametrize(
    ("event", "takes"),
    [("whole", True), ("in_chunks", True), ("a_text", False), ("nothing", False), ("none", False)],
)
def test_events_with_files_among_their_arguments_take_files(
    registration: RegistrationContext, event: str, takes: bool
) -> None:
    names = {name.rpartition(".")[2]: name for name in registration.event_handlers}
    assert takes_files(registration, names.get(event, event)) is takes
