"""Settings of the running app, checked against the model that the app declares."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from app.sdk.scope import scope

Model = TypeVar("Model", bound=BaseModel)


def settings(model: type[Model]) -> Model:
    """Return the app's settings as an instance of `model`.

    Raises:
        pydantic.ValidationError: when what an administrator set does not fit the model.
    """
    running = scope()
    return model.model_validate(dict(running.host.settings_values(running.app)))
