"""Addresses of app pages: `/apps/<url>/…`."""

from __future__ import annotations

from app.bridge.states.route_params import AppPage
from app.cell.loading.version import LoadedVersion
from app.node.releases.catalog import Catalog
from app.node.releases.served import Served
from app.node.sessions.sessions import Session

PREFIX = "/apps/"


def split_path(path: str) -> tuple[str, str] | None:
    """Split the address of an app page into the app's url and the path below it ("/" for none)."""
    if not path.startswith(PREFIX):
        return None
    url, _, rest = path[len(PREFIX) :].partition("/")
    return (url, "/" + rest.rstrip("/")) if url else None


class Addresses:
    """Tells which page of an app an address is, and the parameters in it.

    Args:
        served: has the apps of the moment.
    """

    def __init__(self, served: Served) -> None:
        self._served = served

    def page(self, session: Session, path: str) -> AppPage | None:
        """Return the page of an app that has an address; None for an address of the core.

        Every event of a tab comes with its address, mostly the one that the event before had.
        """
        catalog = self._served.catalog
        known = session.address
        if known is not None and known[0] == path and known[1] == catalog.serial:
            return known[2]
        found = split_path(path)
        page = self._resolve(session, catalog, *found) if found else None
        session.address = (path, catalog.serial, page)
        return page

    def _resolve(self, session: Session, catalog: Catalog, url: str, below: str) -> AppPage:
        record = catalog.at_url(url)
        if record is None:
            return AppPage()
        served = session.attached.get(record.id) or record.version
        match = served.page_at(below) if isinstance(served, LoadedVersion) else None
        return AppPage(*match) if match else AppPage()
