"""Reflex's own types, by the names under which the node handles them without looking inside."""

from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegisteredEventHandler, RegistrationContext

__all__ = ["BaseState", "Event", "RegisteredEventHandler", "RegistrationContext", "StateUpdate"]
