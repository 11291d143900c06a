"""The run feeds: one run, the runs with some tags, the runs of a batch.

Here is who may see what; how it is shown is up to the style.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, Grant, run_resources
from reflex_realtime.devserver.http.messages import Problem, not_found
from reflex_realtime.devserver.http.styles.style import Style, Target
from reflex_realtime.devserver.store.batches import get_batch
from reflex_realtime.devserver.store.runs import RunFilter, get_run
from reflex_realtime.devserver.store.store import Store

_BAD_TAG = re.compile(r'[\x00-\x1f\x7f\\"]')


class RunFeeds:
    """The routes of the run feeds.

    Args:
        store: Where the runs are.
        access: Checks credentials.
        style: Answers.
        max_live_polls: How many live requests may be held at once, None for any number.
    """

    def __init__(
        self, store: Store, access: Access, style: Style, max_live_polls: int | None
    ) -> None:
        self._store = store
        self._access = access
        self._style = style
        self._max_live_polls = max_live_polls
        self._live_polls = 0

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/realtime/v1/runs", self.tagged_runs),
            Route("/realtime/v1/runs/{run_id}", self.run),
            Route("/realtime/v1/batches/{batch_id}", self.batch),
        ]

    async def run(self, request: Request) -> Response:
        """`GET /realtime/v1/runs/{run_id}`."""
        grant = self._access.grant(request)
        run_id = request.path_params["run_id"]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        if run is None:
            raise not_found(should_retry=False)
        grant.require("read", *run_resources(run))
        return await self._answer(
            request, Target(RunFilter(run_id=run_id), _skipped(request, grant))
        )

    async def tagged_runs(self, request: Request) -> Response:
        """`GET /realtime/v1/runs?tags=&createdAt=`."""
        grant = self._access.grant(request)
        tags = _parse_tags(request.query_params.get("tags", ""))
        grant.require("read", ("runs", None), ("tags", None), *(("tags", tag) for tag in tags))
        created_at = request.query_params.get("createdAt")
        target = Target(RunFilter(tags=tags), _skipped(request, grant), created_at)
        return await self._answer(request, target)

    async def batch(self, request: Request) -> Response:
        """`GET /realtime/v1/batches/{batch_id}`."""
        grant = self._access.grant(request)
        batch_id = request.path_params["batch_id"]
        if await self._store.read(lambda tx: get_batch(tx, batch_id)) is None:
            raise not_found(should_retry=True)
        grant.require("read", ("batch", batch_id), ("runs", None))
        target = Target(RunFilter(batch_id=batch_id), _skipped(request, grant))
        return await self._answer(request, target)

    async def _answer(self, request: Request, target: Target) -> Response:
        query = request.query_params
        if query.get("live") != "true" or not query.get("handle"):
            return await self._style.answer(request, target)
        if self._max_live_polls is not None and self._live_polls >= self._max_live_polls:
            raise Problem(429, "Too many concurrent requests")
        self._live_polls += 1
        try:
            return await self._style.answer(request, target)
        finally:
            self._live_polls -= 1


def _skipped(request: Request, grant: Grant) -> tuple[str, ...]:
    """The columns to leave out: the token decides, and if it says nothing, the request."""
    if grant.skip_columns is not None:
        return grant.skip_columns
    return tuple(request.query_params.get("skipColumns", "").split(","))


def _parse_tags(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    tags = text.split(",")
    for tag in tags:
        if not tag or _BAD_TAG.search(tag):
            detail = {"code": "custom", "message": f"Invalid tag: {_quoted(tag)}", "path": ["tags"]}
            raise Problem(400, {"error": "Query Error", "details": [detail]})
    return tuple(tags)


def _quoted(tag: str) -> str:
    escaped = tag.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
