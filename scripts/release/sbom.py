"""SBOM (CycloneDX): which Python and JavaScript packages, in which version, a release has."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from scripts.release.lock import read_lock

NAME = "sbom.cdx.json"

_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def write_sbom(folder: Path, version: str) -> None:
    """Write `sbom.cdx.json` of the release in `folder`, from its own lock files.

    Python packages are listed with the digests of every file that may be installed, JavaScript
    packages with those of the archives that the front end was built from, build tools included.
    """
    components = [
        *_python(folder / "requirements.lock"),
        *_javascript((folder / "reflex.lock" / "bun.lock").read_text("utf-8")),
    ]
    graft = Component(
        name="graft", version=version, type=ComponentType.APPLICATION, bom_ref=f"graft@{version}"
    )
    # Named after its contents: two builds of one commit have one serial number.
    names = "\n".join(sorted(str(component.bom_ref) for component in components))
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"graft {version}\n{names}"),
        components=components,
        metadata=BomMetaData(component=graft),
    )
    bom.register_dependency(graft, components)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    del written["metadata"]["timestamp"]
    (folder / NAME).write_text(f"{json.dumps(written, indent=1, sort_keys=True)}\n", "utf-8")


def _python(lock: Path) -> Iterator[Component]:
    for one in read_lock(lock):
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=d) for d in one.digests]
        yield _component(PackageURL("pypi", None, one.name, one.version), hashes)


def _javascript(lock: str) -> Iterator[Component]:
    packages: dict[str, list[Any]] = json.loads(_TRAILING_COMMA.sub("", lock))["packages"]
    found: dict[str, Component] = {}
    for entry in packages.values():
        name, _, version = str(entry[0]).rpartition("@")
        group, _, short = name.rpartition("/")
        algorithm, _, digest = str(entry[-1]).partition("-")
        if algorithm != "sha512":
            raise ValueError(f"reflex.lock/bun.lock names no SHA-512 of {entry[0]}")
        content = base64.b64decode(digest).hex()
        purl = PackageURL("npm", group or None, short, version)
        hashes = [HashType(alg=HashAlgorithm.SHA_512, content=content)]
        found.setdefault(purl.to_string(), _component(purl, hashes))
    yield from found.values()


def _component(purl: PackageURL, hashes: list[HashType]) -> Component:
    return Component(
        name=purl.name,
        group=purl.namespace,
        version=purl.version,
        purl=purl,
        bom_ref=purl.to_string(),
        hashes=hashes,
    )
