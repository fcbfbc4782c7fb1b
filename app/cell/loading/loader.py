"""Loading one version of an app: import in isolation, validate, compile. Nothing is switched here.

Runs in a worker thread, so that a slow import does not hold up anybody's events. Whatever goes
wrong is an `AppError` that names the app, the stage, the place and the remedy; the process is as it
was before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from app.bridge.compiling import pages
from app.bridge.compiling.in_pages import title_of
from app.bridge.compiling.named_events import NamedEvents, events_named
from app.bridge.compiling.themes import Look, appearance_of
from app.bridge.states import instances, registration
from app.bridge.states.core_states import Touches
from app.bridge.states.route_params import provide_route_parameters
from app.bridge.types import RegistrationContext
from app.cell.compiling.bundle import Bundle
from app.cell.compiling.es_module import AppModule, module_base, write_module
from app.cell.compiling.front_end import FrontEnd
from app.cell.compiling.javascript_rules import refuse_broken_javascript
from app.cell.compiling.library_rules import refuse_missing_libraries
from app.cell.compiling.module_limits import refuse_large_module, refuse_large_pages
from app.cell.compiling.pieces import KeptPieces
from app.cell.loading import turns
from app.cell.loading.app_code import app_code, blame
from app.cell.loading.assets import address_of, asset_base_of
from app.cell.loading.importer import ImportedPackage
from app.cell.loading.version import LoadedVersion, PageInfo, StaticVersion, Version
from app.kernel.grants import Grants
from app.rules.entry.validate import validate_entry, validate_imports
from app.rules.imports import imported_in_another_version
from app.sdk.entry import ClientApp, DynamicApp, Page, StaticApp
from app.sdk.scope import AppInfo, Host, Scope
from app.source.app_source import AppSource
from app.source.metadata import AppMetadata, default_url, read_metadata
from app.source.own_pages import own_cookie_path
from app.source.problems import AppError, NotNow, Problem, errors_in
from app.source.url_templates import compile_routes


@dataclass(frozen=True)
class LoadContext:
    """What loading needs from outside.

    Attributes:
        core: registry with the core's states.
        host: the node, for what app code asks of the sdk while it is loaded.
        front_end: what apps are compiled against.
        grants: returns what an app that declares these capabilities may do; None: everything.
        ended: called, in the thread that loads, with the app's id, the version (None when it
            failed) and the seconds that it took.
        failed: called with the number and the problems of a version that could not be loaded, on
            the event loop.
        pieces: what earlier compilations left for the next.
        noted: notes a load inside a `with` statement, in case that it ends the process.
    """

    core: RegistrationContext
    host: Host
    front_end: FrontEnd
    grants: Callable[[str, Iterable[str]], Grants | None] = lambda app_id, declared: None
    ended: Callable[[str, Version | None, float], None] = lambda app_id, version, seconds: None
    failed: Callable[[int, Iterable[Problem]], None] = lambda number, problems: None
    pieces: KeptPieces = field(default_factory=KeptPieces)
    noted: Callable[[AppSource], AbstractContextManager[None]] = lambda source: nullcontext()


def load_version(
    source: AppSource,
    number: int,
    context: LoadContext,
    taken_urls: Mapping[str, str],
    bundle: Bundle | None = None,
) -> Version:
    """Load a version of an app; safe to call from any thread.

    Args:
        source: the app's files.
        number: deployment number of the new version.
        context: see `LoadContext`.
        taken_urls: url -> app id of the other apps.
        bundle: what compiling this source yielded before; it is then not compiled again.

    Raises:
        AppError: with everything that is wrong.
        NotNow: another app's load does not end, or the server runs another version of a package
            than is installed by now.
    """
    began = time.perf_counter()
    version: Version | None = None
    compiled = context.front_end.compiled
    try:
        if bundle is None and compiled is not None:
            bundle = compiled.get(source.digest)
        load = partial(_load_noted, source, number, context, taken_urls, bundle)
        version = turns.LOADS.run(source, load)
        if compiled is not None and isinstance(version, LoadedVersion):
            compiled[source.digest] = bundle_of(version, source.digest)
        return version
    finally:
        context.ended(source.id, version, time.perf_counter() - began)


def _load_noted(
    source: AppSource,
    number: int,
    context: LoadContext,
    taken_urls: Mapping[str, str],
    bundle: Bundle | None,
) -> Version:
    with context.noted(source):
        return _load(source, number, context, taken_urls, bundle)


def _load(
    source: AppSource,
    number: int,
    context: LoadContext,
    taken_urls: Mapping[str, str],
    bundle: Bundle | None,
) -> Version:
    metadata = read_metadata(source)
    problems = validate_imports(source)
    if errors_in(problems):
        entry_problems = validate_entry(source, metadata, None, taken_urls=taken_urls)
        raise AppError((*problems, *entry_problems))
    if changed := imported_in_another_version(source):
        raise NotNow(changed)
    info = _preliminary_info(source, metadata, number)
    package = ImportedPackage(source)
    own = registration.fork(context.core)
    touches = Touches()
    grants = context.grants(source.id, metadata.capabilities or ())
    scope = Scope(app=info, host=context.host, grants=grants, root=source.root)
    with app_code(package, own, touches, scope):
        entry = _import_entry(package, source)
        problems = validate_entry(source, metadata, entry, taken_urls=taken_urls)
        if errors_in(problems):
            raise AppError(problems)
        if issubclass(entry, StaticApp):
            return _static_version(entry, source, metadata, number)
        dynamic = cast("type[DynamicApp]", entry)
        return _dynamic_version(dynamic, package, own, touches, metadata, number, context, bundle)


def _import_entry(package: ImportedPackage, source: AppSource) -> type[ClientApp]:
    with blame(source, "load"):
        module = package.import_module(f"{source.package}.entry")
        package.complete_models()
    entry = getattr(module, "AppEntry", None)
    if not (isinstance(entry, type) and issubclass(entry, ClientApp)):
        problems = validate_entry(source, read_metadata(source), None, taken_urls={})
        raise AppError(problems or (_no_entry(source),))
    return entry


def _no_entry(source: AppSource) -> Problem:
    return Problem(
        app=source.id,
        stage="validate",
        file="entry.py",
        line=1,
        message="there is no class AppEntry derived from DynamicApp or StaticApp.",
        remedy="Write `class AppEntry(DynamicApp):` with at least `name` and `pages`.",
        rule="entry-base",
    )


def _dynamic_version(
    entry: type[DynamicApp],
    package: ImportedPackage,
    own: RegistrationContext,
    touches: Touches,
    metadata: AppMetadata,
    number: int,
    context: LoadContext,
    bundle: Bundle | None,
) -> LoadedVersion:
    source = package.source
    with blame(source, "compile"):
        declared = {template: _as_page(page) for template, page in entry.pages.items()}
        routes = compile_routes(declared)
        provide_route_parameters(
            (name for t in routes.templates for name in t.parameters),
            registration.own_states(context.core, own),
        )
        if bundle is not None and bundle.states == _state_names(context, own):
            module = bundle.module
            refuse_large_module(source, module)
        else:
            module = _compile(source, entry, declared, context)
        tree = instances.state_tree(registration.own_states(context.core, own))
        info = _info(entry, source, number)
        storage = instances.client_storage(tree)
        for options in storage["cookies"].values():
            options["path"] = own_cookie_path(options["path"], info.url)
        asset_base = asset_base_of(source)
        handlers = registration.own_handlers(context.core, own)
        declared_events = NamedEvents(registration.declared(handlers))
        return LoadedVersion(
            info=info,
            source=source,
            metadata=metadata,
            entry=entry,
            package=package,
            registration=own,
            touches=touches,
            tree=tree,
            handlers=handlers,
            open_events=declared_events | events_named(module.code).among(handlers),
            routes=routes,
            pages={template: _page_info(page, entry) for template, page in declared.items()},
            module=module,
            storage=storage,
            asset_base=asset_base,
            stylesheets=tuple(f"{asset_base}/{name}" for name in entry.stylesheets),
            on_settings=_as_tuple(entry.on_settings),
            on_resume=_as_tuple(entry.on_resume),
            origins=tuple(sorted(set(entry.origins))),
            appearance=appearance_of(entry.theme),
        )


def _compile(
    source: AppSource, entry: type[DynamicApp], declared: Mapping[str, Page], context: LoadContext
) -> AppModule:
    """Compile an app's pages into its ES module.

    Raises:
        AppError: the pages are too large, a library is not in the front end's build, or a browser
            could not read what was compiled. Whatever a page's function raises.
    """
    look = Look(entry.theme, entry.style, entry.frame)
    builders = {template: look.around(page.component) for template, page in declared.items()}
    titles = {template: title_of(page.title, entry.name) for template, page in declared.items()}
    scripts: dict[str, str] = {}
    compiled = pages.compile_pages(
        builders,
        style=entry.style,
        built_in_wraps=context.front_end.built_in_wraps,
        memos=pages.take_memos(source.package),
        # The style is in the pieces, but not in the digests that are their names.
        known=None if entry.style else context.pieces.of(source.id),
        titles={template: title for template, title in titles.items() if title is not None},
        script_base=module_base(source.id),
        taken_scripts=scripts,
        asset_of=partial(address_of, source),
    )
    refuse_large_pages(source, compiled, scripts)
    refuse_broken_javascript(source, compiled, builders, context.pieces.parsed(source.id))
    module = write_module(compiled, scripts)
    refuse_missing_libraries(source, module, compiled, context.front_end.has_library)
    return module


def _state_names(context: LoadContext, own: RegistrationContext) -> tuple[str, ...]:
    return tuple(s.get_full_name() for s in registration.own_states(context.core, own))


def _static_version(
    entry: type[StaticApp], source: AppSource, metadata: AppMetadata, number: int
) -> StaticVersion:
    return StaticVersion(
        info=_info(entry, source, number),
        source=source,
        metadata=metadata,
        root=source.root / entry.root,
        origins=tuple(sorted(set(entry.origins))),
    )


def _page_info(page: Page, entry: type[DynamicApp]) -> PageInfo:
    is_var = title_of(page.title, entry.name) is not None
    title = None if is_var else str(page.title or entry.name)
    return PageInfo(title=title, on_load=_as_tuple(page.on_load))


def _as_page(page: Any) -> Page:
    return page if isinstance(page, Page) else Page(page)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _preliminary_info(source: AppSource, metadata: AppMetadata, number: int) -> AppInfo:
    return AppInfo(
        id=source.id,
        url=metadata.url or default_url(source.id),
        version=metadata.version or "",
        number=number,
    )


def _info(entry: type[ClientApp], source: AppSource, number: int) -> AppInfo:
    return AppInfo(
        id=source.id, url=entry.url or default_url(source.id), version=entry.version, number=number
    )


def bundle_of(version: LoadedVersion, key: str) -> Bundle:
    """Return what compiling a version yielded, to be stored."""
    return Bundle.of(key, tuple(version.tree.classes), version.module)
