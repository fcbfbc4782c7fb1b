"""Importing one version of a client app, beside other versions of the same app.

A version is imported from the bytes that were read and digested, not from the disk. Its modules
carry their ordinary names (`client_apps.<client>.<app>.…`), so that dataclasses, Pydantic, Enum,
pickle and Reflex find them in `sys.modules`; there the version that was loaded last is found. Older
versions stay complete: the modules of each version import through an `__import__` of their own,
which answers with the modules of the same version for as long as it lives.

Approaches that were tried and failed: a package name per version (the states' names, and with them
the values of every open session, would change at each save); `importlib.reload` (old objects keep
half of the new module); emptying `sys.modules` (a handler of the old version that imports late gets
the new version's classes).
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.util
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.machinery import ModuleSpec
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel

from app.cell.loading.beside_code import (
    DataLoader,
    FolderLoader,
    found_by_us_alone,
    with_folder,
)
from app.cell.loading.import_lock import ImportLock
from app.rules.imports import place_of
from app.rules.judging import breaks_of_import
from app.rules.reading import Imported
from app.rules.remedies import ImportRefused
from app.rules.rulebook import rulebook
from app.source.app_source import AppSource

NAMESPACE = "client_apps"

# sys.modules is one for the process: only one version is imported at a time.
_imports = ImportLock()


class ImportedPackage:
    """The modules of one version of an app.

    Attributes:
        source: what it was imported from.
        modules: full name -> module, the enclosing namespaces included.
        package: full name of the app's package.
    """

    def __init__(self, source: AppSource) -> None:
        self.source = source
        self.modules: dict[str, types.ModuleType] = {}
        self.package = source.package
        self._builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import}
        self._allowed: set[tuple[str, tuple[str, ...], object]] = set()

    @contextmanager
    def installed(self, *, for_load: bool = True) -> Iterator[None]:
        """Make `sys.modules` and the import machinery answer with this version inside the `with`
        statement.

        Args:
            for_load: whether this is to wait until nothing else is imported, however long it takes.

        Raises:
            ImportBlocked: it is not, and something else does not end.
        """
        with _imports.held(for_load=for_load):
            before = _take_out(self.source)
            sys.modules.update(self.modules)
            finder = _Finder(self)
            sys.meta_path.insert(0, finder)
            try:
                yield
            finally:
                sys.meta_path.remove(finder)
                self.modules = _take_out(self.source)
                sys.modules.update(before)

    def import_module(self, name: str) -> types.ModuleType:
        """Import a module of the app by its full name; `installed` must be active."""
        return importlib.import_module(name)

    def complete_models(self) -> None:
        """Resolve what Pydantic models refer to by name; `installed` must be active.

        Pydantic would do it at first use, and then look in `sys.modules`, where another version may
        be.
        """
        for name, module in self._imported():
            for value in tuple(vars(module).values()):
                if isinstance(value, type) and value.__module__ == name:
                    _complete(value)

    def _imported(self) -> list[tuple[str, types.ModuleType]]:
        return [(name, sys.modules[name]) for name in _names_inside(self.package)]

    def make_newest(self) -> None:
        """Let `sys.modules` answer with this version, from now on or when nothing is imported."""
        _imports.soon(self._make_newest)

    def _make_newest(self) -> None:
        for name in _names_inside(self.package):
            del sys.modules[name]
        for name, module in self.modules.items():
            if _is_inside(name, self.package):
                sys.modules[name] = module
        self._enter_namespaces()

    def _enter_namespaces(self) -> None:
        """Make the package an attribute of the namespaces, which all apps have in common."""
        name, module = self.package, self.modules.get(self.package)
        while module is not None and "." in name:
            around, _, attribute = name.rpartition(".")
            namespace = sys.modules.setdefault(around, _namespace(around))
            setattr(namespace, attribute, module)
            name, module = around, namespace

    def forget(self) -> None:
        """Drop all modules, so that nothing keeps the version alive that is not running; now, or
        when nothing is imported.

        The namespaces stay: other apps' modules are imported by way of them.
        """
        _imports.soon(self._forget)

    def _forget(self) -> None:
        for name, module in self.modules.items():
            if _is_inside(name, self.package) and sys.modules.get(name) is module:
                del sys.modules[name]
        around, _, attribute = self.package.rpartition(".")
        shared = vars(sys.modules[around]) if around in sys.modules else {}
        if attribute in shared and shared[attribute] is self.modules.get(self.package):
            del shared[attribute]
        self.modules.clear()

    def run(self, module: types.ModuleType, code: types.CodeType) -> None:
        """Execute a module of this version."""
        vars(module)["__builtins__"] = self._builtins
        exec(code, vars(module))  # noqa: S102 - this is what importing is

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> types.ModuleType:
        """Stand in for `__import__` in the modules of this version."""
        absolute = _absolute(name, globals, level)
        # A list comes from Python itself, which imports in the name of whatever runs just then:
        # `pickle` where a class is from, say. Import statements give a tuple or None.
        if not isinstance(fromlist, list):
            self._refuse_forbidden(absolute, tuple(fromlist or ()), globals)
        if (
            not _is_inside(absolute, self.package)
            or self._is_loading()
            or self._has(absolute, fromlist)
        ):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        own = self.modules.get(absolute)
        if own is not None and fromlist and all(hasattr(own, name) for name in fromlist):
            return own  # `sys.modules` has another version's
        with self.installed(for_load=False):
            return builtins.__import__(name, globals, locals, fromlist or (), level)

    def _refuse_forbidden(
        self, absolute: str, names: tuple[str, ...], globals_: Mapping[str, Any] | None
    ) -> None:
        """Raise ImportRefused where a rule forbids an import that nobody saw in the text."""
        file = (globals_ or {}).get("__file__")
        if (absolute, names, file) in self._allowed or _is_inside(absolute, self.package):
            return
        prefix = f"{self.source.root}/"
        path = PurePosixPath(str(file).removeprefix(prefix) if file else "entry.py")
        # Whether its lack is caught cannot be told here; then the error is caught as well.
        wanted = Imported(0, 0, absolute, names, optional=False)
        for found in breaks_of_import(rulebook(), wanted, place_of(self.source, path)):
            if found.severity == "error" and rulebook().allows(found) is None:
                raise ImportRefused(
                    found.message, rule=found.rule, remedy=found.hint, name=absolute
                )
        self._allowed.add((absolute, names, file))

    def _is_loading(self) -> bool:
        finder = sys.meta_path[0]
        return isinstance(finder, _Finder) and finder.version is self

    def _has(self, absolute: str, fromlist: Sequence[str]) -> bool:
        """Tell whether `sys.modules` has this version's module already, and all its names."""
        module = sys.modules.get(absolute)
        return (
            module is not None
            and module is self.modules.get(absolute)
            and all(hasattr(module, name) for name in fromlist or ())
        )


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of one version while it is installed."""

    def __init__(self, version: ImportedPackage) -> None:
        self.version = version

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        source = self.version.source
        if fullname in (NAMESPACE, f"{NAMESPACE}.{source.client}"):
            return _namespace_spec(fullname)
        if not _is_inside(fullname, source.package):
            return None
        return self._spec(fullname, source)

    def _spec(self, fullname: str, source: AppSource) -> ModuleSpec | None:
        parts = fullname.split(".")[3:]
        folder = PurePosixPath(*parts)
        for path in (folder / "__init__.py", folder.with_suffix(".py") if parts else None):
            if path is not None and (file := source.by_path.get(path.as_posix())) is not None:
                loader = _Loader(self.version, fullname, path, file.content or b"")
                spec = ModuleSpec(
                    fullname,
                    loader,
                    origin=loader.path,
                    is_package=path.name == "__init__.py",
                )
                return with_folder(spec, source.root / folder)
        if not parts or any(file.path.is_relative_to(folder) for file in source.files):
            folder_loader = FolderLoader(str(source.root / folder / "__init__.py"))
            spec = ModuleSpec(fullname, folder_loader, is_package=True)
            return with_folder(spec, source.root / folder)
        return None


class _Loader(DataLoader, importlib.abc.InspectLoader):
    """Loads one module from bytes in memory."""

    def __init__(
        self, version: ImportedPackage, name: str, path: PurePosixPath, content: bytes
    ) -> None:
        self._version = version
        self._name = name
        self._content = content
        self.path = str(version.source.root / path)
        self._is_package = path.name == "__init__.py"

    def is_package(self, fullname: str) -> bool:
        return self._is_package

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._content)

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_code(self, fullname: str) -> types.CodeType:
        return _compiled(self._content, self.path)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = self.path
        found_by_us_alone(module)
        self._version.run(module, self.get_code(self._name))


@lru_cache(maxsize=128)
def _compiled(content: bytes, filename: str) -> types.CodeType:
    """Compile a module; a save mostly leaves all modules of an app but one as they are."""
    return compile(content, filename, "exec", dont_inherit=True)


def _take_out(source: AppSource) -> dict[str, types.ModuleType]:
    """Take an app's modules and the namespaces around them out of `sys.modules`."""
    around = [n for n in (NAMESPACE, f"{NAMESPACE}.{source.client}") if n in sys.modules]
    return {name: sys.modules.pop(name) for name in (*around, *_names_inside(source.package))}


def _names_inside(package: str) -> list[str]:
    """Return the names in `sys.modules` that belong to a package; there are thousands of others.

    They are copied first: other threads import while this one looks. As one text, because to ask
    each of them takes three times as long, and every load asks four times.
    """
    _, *found = "\n".join(["", *sys.modules]).split(f"\n{package}")
    ends = (text.partition("\n")[0] for text in found)
    names = [f"{package}{end}" for end in ends if not end or end.startswith(".")]
    # A line break in the name of a module would make two of it.
    return [name for name in names if name in sys.modules]


def _namespace_spec(name: str) -> ModuleSpec:
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = []
    return spec


def _namespace(name: str) -> types.ModuleType:
    return importlib.util.module_from_spec(_namespace_spec(name))


def _complete(cls: type) -> None:
    if issubclass(cls, BaseModel) and not cls.__pydantic_complete__:
        cls.model_rebuild(raise_errors=False)


def _is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _absolute(name: str, globals_: Mapping[str, Any] | None, level: int) -> str:
    if not level:
        return name
    package = str((globals_ or {}).get("__package__") or "")
    return importlib.util.resolve_name("." * level + name, package)
