"""Files beside the code of an app, for whatever reads them by way of a package:
`importlib.resources`, `pkgutil.get_data`, Jinja's `PackageLoader`.
"""

from __future__ import annotations

import importlib.abc
import types
from importlib.machinery import ModuleSpec
from importlib.readers import FileReader
from importlib.resources.abc import TraversableResources
from pathlib import Path


class DataLoader(importlib.abc.ResourceLoader):
    """Reads the files beside a module, for `importlib.resources`, `pkgutil.get_data` and others.

    Attributes:
        path: of the module's file.
    """

    path: str

    def get_data(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def get_resource_reader(self, fullname: str) -> TraversableResources:
        return FileReader(self)  # type: ignore[arg-type]  # it asks for `path` alone


class FolderLoader(DataLoader):
    """Makes the module of a folder without `__init__.py`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def exec_module(self, module: types.ModuleType) -> None:
        found_by_us_alone(module)


def with_folder(spec: ModuleSpec, folder: Path) -> ModuleSpec:
    """Let a package name its folder, where libraries look for files beside the code."""
    if spec.submodule_search_locations is not None:
        spec.submodule_search_locations = [str(folder)]
    return spec


def found_by_us_alone(module: types.ModuleType) -> None:
    """Keep Python from importing from a package's folder what no version was imported from."""
    if hasattr(module, "__path__"):
        module.__path__ = []
