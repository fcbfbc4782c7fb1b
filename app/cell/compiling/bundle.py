"""What compiling an app version yields, as it is stored: an app is compiled once and then only
loaded.

A bundle is used again only for the same source, by the same compiler, for the same built front end.
"""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict

from app.bridge.compiling.scripts import name_of
from app.cell.compiling.es_module import AppModule


class Bundle(BaseModel):
    """A compiled app version.

    Attributes:
        key: what it was compiled from and by; see `bundle_key`.
        states: full names of the states that existed when compiling had ended. States that only a
            page's function makes are among them, and then the pages must be built again.
        code, digest, libraries, on_demand, scripts: the ES module, see `AppModule`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    states: tuple[str, ...]
    code: str
    digest: str
    libraries: tuple[str, ...]
    on_demand: tuple[str, ...]
    scripts: dict[str, str] = {}

    @property
    def module(self) -> AppModule:
        """The ES module."""
        return AppModule(self.code, self.digest, self.libraries, self.on_demand, self.scripts)

    @property
    def is_genuine(self) -> bool:
        """Whether the code is the one that the digest names, and each script that of its name."""
        return hashlib.sha256(self.code.encode()).hexdigest() == self.digest and all(
            name_of(text) == name for name, text in self.scripts.items()
        )

    @staticmethod
    def of(key: str, states: tuple[str, ...], module: AppModule) -> Bundle:
        """Make the bundle of a compiled module."""
        return Bundle(
            key=key,
            states=states,
            code=module.code,
            digest=module.digest,
            libraries=module.libraries,
            on_demand=module.on_demand,
            scripts=dict(module.scripts),
        )


def bundle_key(source_digest: str, compiler: str) -> str:
    """Return the key of a bundle.

    Args:
        source_digest: digest of the app's source.
        compiler: names the versions of Graft and Reflex that compile.
    """
    return f"{source_digest}:{compiler}"
