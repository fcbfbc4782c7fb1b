"""Serving the built front end: digests for ever, pages always fresh, unknown paths as 404."""

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from app.bridge.serving import PrecompressedStaticFiles
from app.frontend.csp import ASSETS

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

_FALLBACK = "__spa-fallback.html"
_NOT_FOUND_ROUTE = "404"


class FrontEnd(PrecompressedStaticFiles):
    """The files of a built front end, and its pages at their routes.

    A prerendered page is served as it is. Every other path gets the page that draws itself in the
    browser: with status 200 where a core page answers (an app's deep link, say), else with 404.
    """

    def __init__(self, static: Path, router: Callable[[str], str | None]) -> None:
        """Serve `static`; `router` gives the route that a path belongs to, or None."""
        super().__init__(directory=static, encodings=("gzip",))
        self._static = static
        self._route_of = router

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The response for the normalised relative `path`."""
        url_path = PurePosixPath(path.replace(os.sep, "/"))
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or url_path.parts[:1] == (ASSETS,):
                raise
            response = await self._page(url_path, scope)
        by_digest = url_path.parts[:1] == (ASSETS,)
        response.headers["cache-control"] = IMMUTABLE if by_digest else REVALIDATE
        return response

    async def _page(self, path: PurePosixPath, scope: Scope) -> Response:
        prerendered = await self._file(path / "index.html", scope, 200)
        if prerendered is not None:
            return prerendered
        known = self._route_of(f"/{path}") not in (None, _NOT_FOUND_ROUTE)
        drawn = await self._file(PurePosixPath(_FALLBACK), scope, 200 if known else 404)
        if drawn is None:
            raise HTTPException(404)
        return drawn

    async def _file(self, path: PurePosixPath, scope: Scope, status: int) -> Response | None:
        full_path, found = self.lookup_path(str(path))
        if found is None:
            return None
        return self.file_response(full_path, found, scope, status)
