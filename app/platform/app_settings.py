"""Settings of installed apps: what can be set, what is set, and setting it.

The model of an app decides what is accepted, and it is code of the app: a version that is loaded
is asked where it runs, any other in a process that can do nothing else
(`app.packages.trying.dry_run`).
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from app.core import app_settings, apps
from app.core.app_settings import Described, Settings, SettingsChanged
from app.core.apps import App
from app.kernel.errors import Invalid
from app.node.app_settings import Verdict, unknown_fields
from app.packages.trying.dry_run import DryRunner
from app.packages.trying.verdict import DryRun
from app.packages.unpack import unpack
from app.platform.gate import Gate
from app.platform.node import Node
from app.platform.permissions import Action, Requester
from app.platform.uploads import IntakeSettings
from app.sdk.config import FieldProblem
from app.sdk.schema import SettingsSchema

# Each more is another administrator who saved while this one's values were checked.
_ATTEMPTS = 5


class SettingsRefused(Invalid):
    """The model of the app does not accept the settings; nothing was saved.

    Attributes:
        problems: what is wrong with which field; never a value of a secret.
    """

    def __init__(self, app_id: str, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"settings of {app_id}: " + "; ".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What can be set for a version of an app, and what is set for the app.

    Attributes:
        number: the version; values are those of the app, whichever version runs.
        schema: what the version's model is like; None when it has no settings.
        stored: what is set, secrets left out.
    """

    app: App
    number: int
    schema: SettingsSchema | None
    stored: Settings

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that the version cannot run without, and that are not set."""
        if self.schema is None:
            return ()
        found = {*self.stored.touched} - {*self.stored.lost}
        return tuple(name for name in self.schema.fields if name in self.schema.required - found)

    @property
    def unused(self) -> tuple[str, ...]:
        """Fields that are set, and that the version does not declare."""
        known = () if self.schema is None else self.schema.fields
        if self.schema is not None and self.schema.is_open:
            return ()
        return tuple(name for name in sorted(self.stored.touched) if name not in known)


class SettingsService:
    """Shows and saves settings; everything needs the right to configure the app.

    Args:
        gate: checks who asks.
        runner: asks versions that are not loaded.
        intake: where, and with which limits.
        node: asks versions that are.
    """

    def __init__(self, gate: Gate, runner: DryRunner, intake: IntakeSettings, node: Node) -> None:
        self._gate = gate
        self._core = gate.core
        self._runner = runner
        self._intake = intake
        self._node = node

    async def describe(self, who: Requester, app_id: str, number: int | None = None) -> AppSettings:
        """Return what can be set and what is set.

        Args:
            who: the requester.
            app_id: the app.
            number: the version whose model it is about; by default the one that is served, or else
                the newest.

        Raises:
            NotFound: there is no such app or version, or the requester may not know of it.
            NotAllowed: the requester may not configure the app.
            Invalid: the version does not load, so that it cannot say.
        """
        app = await self._gate.app(who, app_id, Action.CONFIGURE)
        return await self._described(app, number or app.current or app.newest)

    async def save(
        self,
        who: Requester,
        app_id: str,
        values: Mapping[str, Any],
        *,
        remove: Iterable[str] = (),
        number: int | None = None,
        base_revision: int | None = None,
    ) -> AppSettings:
        """Set some settings, unset others, leave the rest, and return what is set then.

        What results must fit the model as a whole. Running pages follow at once.

        Args:
            who: the requester.
            app_id: the app.
            values: field to value, any JSON.
            remove: fields to unset.
            number: the version whose model decides; see `describe`.
            base_revision: the `Settings.revision` that the requester saw; None takes any.

        Raises:
            SettingsRefused: something does not fit.
            SettingsChanged: somebody else saved meanwhile.
            NotFound, NotAllowed, Invalid: see `describe`.
            Deleted: the app is deleted.
        """
        app = await self._gate.app(who, app_id, Action.CONFIGURE)
        number = number or app.current or app.newest
        gone = frozenset(remove) - values.keys()
        for _ in range(_ATTEMPTS):
            seen = await self._described(app, number)
            revision = seen.stored.revision
            if base_revision in (None, revision):
                await self._refuse_wrong(seen, values, gone)
            try:
                with self._gate.acting(who):
                    stored = await app_settings.save(
                        self._core,
                        app.id,
                        values,
                        secret=seen.schema.secret if seen.schema else (),
                        remove=gone,
                        base_revision=revision if base_revision is None else base_revision,
                    )
            except SettingsChanged:
                if base_revision is None:
                    continue
                raise
            return AppSettings(app, number, seen.schema, stored)
        raise Invalid(f"others keep changing the settings of {app_id}: try again")

    async def keep(self, app: App, number: int, schema: SettingsSchema | None) -> tuple[str, ...]:
        """Keep what a version that was tried says about its settings; return those that it needs
        and that are not set.
        """
        described = Described(None) if schema is None else Described(schema.schema, schema.secret)
        await app_settings.keep_schema(self._core, app.id, number, described)
        stored = await app_settings.describe(self._core, app.id, described.secret)
        return AppSettings(app, number, schema, stored).missing

    async def _described(self, app: App, number: int) -> AppSettings:
        schema = await self._schema(app, number)
        secret = schema.secret if schema else ()
        stored = await app_settings.describe(self._core, app.id, secret)
        return AppSettings(app, number, schema, stored)

    async def _schema(self, app: App, number: int) -> SettingsSchema | None:
        """Return what a version says itself, else what it said when it was uploaded."""
        asked = await self._node.ask_settings(app.id, number, None)
        if asked is not None:
            return asked.schema
        kept = await app_settings.schema_of(self._core, app.id, number)
        if kept is not None:
            return None if kept.schema is None else SettingsSchema(kept.schema, kept.secret)
        # It came before this was kept, or what was kept was lost.
        tried = await self._try(app.id, number, None)
        await self.keep(app, number, tried.settings)
        return tried.settings

    async def _refuse_wrong(
        self, seen: AppSettings, values: Mapping[str, Any], gone: frozenset[str]
    ) -> None:
        app, schema = seen.app, seen.schema
        known = () if schema is None else schema.fields
        if schema is None or not schema.is_open:
            unknown = unknown_fields(values, known)
            if unknown:
                raise SettingsRefused(app.id, unknown)
        clear, lost = await app_settings.readable_settings(self._core, app.id)
        wanted = {name: value for name, value in clear.items() if name not in gone} | dict(values)
        wrong = [
            _lost(problem) if problem.field in lost and problem.field not in values else problem
            for problem in (await self._ask(app.id, seen.number, wanted)).wrong
        ]
        if not wrong and app.current is not None and app.current != seen.number:
            wrong = await self._wrong_for_served(app, wanted, {*values, *gone})
        if wrong:
            raise SettingsRefused(app.id, wrong)

    async def _wrong_for_served(
        self, app: App, wanted: Mapping[str, Any], changed: set[str]
    ) -> list[FieldProblem]:
        """Return what would break the version that is served while another one is prepared."""
        assert app.current is not None
        verdict = await self._ask(app.id, app.current, wanted)
        return [
            FieldProblem(
                problem.field,
                problem.path,
                f"version {app.current}, which is served, does not accept this: {problem.message}",
            )
            for problem in verdict.wrong
            if problem.field in changed
        ]

    async def _ask(self, app_id: str, number: int, values: Mapping[str, Any]) -> Verdict:
        asked = await self._node.ask_settings(app_id, number, values)
        if asked is not None:
            return asked
        tried = await self._try(app_id, number, values)
        return Verdict(tried.settings, tried.wrong_settings)

    async def _try(self, app_id: str, number: int, values: Mapping[str, Any] | None) -> DryRun:
        """Load a version in a process of its own.

        Raises:
            Invalid: it does not load.
        """
        version = await apps.version(self._core, app_id, number)
        package = await self._core.code.get(version.package_digest)
        unpacked = await asyncio.to_thread(
            unpack, BytesIO(package), self._intake.workspace, self._intake.limits
        )
        try:
            tried = await self._runner.run(
                unpacked.source.root, has_library=self._intake.has_library, settings=values
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, unpacked.folder, ignore_errors=True)
        if tried.problems:
            raise Invalid(
                f"version {number} of {app_id} does not load, so its settings are not known:"
                f" {tried.problems[0]}"
            )
        return tried


def _lost(problem: FieldProblem) -> FieldProblem:
    return FieldProblem(
        problem.field, problem.path, "is set, but the key to decrypt it is gone: set it again"
    )
