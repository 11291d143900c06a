"""Wait tokens: made, completed by whoever holds them, looked at."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access
from reflex_realtime.devserver.http.messages import KIB, MIB, Problem, json_response, read_object
from reflex_realtime.devserver.http.presigned import base_url
from reflex_realtime.devserver.http.times import iso_time
from reflex_realtime.devserver.http.triggering import parse_delay
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.store.waitpoints import (
    Waitpoint,
    complete_waitpoint,
    get_waitpoint,
    idempotent_waitpoint,
    insert_waitpoint,
    list_waitpoints,
)
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.packets import encode_packet
from reflex_realtime.protocol.tokens import sign_public_token

MAX_CREATE_BYTES = 10 * KIB
MAX_OUTPUT_BYTES = 3 * MIB
TOKEN_SECONDS = 24 * 3600
DEFAULT_KEY_TTL = "30d"
PAGE = 25


class Waitpoints:
    """The routes of wait tokens.

    Args:
        store: Where they are.
        access: Checks credentials.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """The routes."""
        tokens = "/api/v1/waitpoints/tokens"
        token = f"{tokens}/{{waitpoint_id}}"
        return [
            Route(tokens, self.list),
            Route(tokens, self.create, methods=["POST"]),
            Route(token, self.retrieve),
            Route(f"{token}/complete", self.complete, methods=["POST"]),
            Route(f"{token}/callback/{{digest}}", self.call_back, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        """`POST /api/v1/waitpoints/tokens`."""
        self._access.secret_grant(request)
        body = await read_object(request, MAX_CREATE_BYTES)
        now = time.time_ns() // 1_000_000
        key, tags = body.get("idempotencyKey"), body.get("tags") or []
        try:
            timeout_at = parse_delay(body.get("timeout"), now)
            key_expires_at = parse_delay(body.get("idempotencyKeyTTL") or DEFAULT_KEY_TTL, now)
        except ConfigurationError as error:
            raise Problem(400, str(error)) from None

        def insert(tx: Transaction) -> tuple[Waitpoint, bool]:
            if key and (known := idempotent_waitpoint(tx, key)):
                return known, True
            waitpoint = insert_waitpoint(
                tx,
                timeout_at=timeout_at,
                tags=[tags] if isinstance(tags, str) else tags,
                idempotency_key=key,
                idempotency_expires_at=key_expires_at,
            )
            return waitpoint, False

        waitpoint, cached = await self._store.write(insert)
        answer = {"id": waitpoint.id, "isCached": cached, "url": self._url(request, waitpoint.id)}
        return json_response(answer, headers={"x-trigger-jwt": self._token(waitpoint.id)})

    async def complete(self, request: Request) -> Response:
        """`POST .../{waitpoint_id}/complete`: also a success when it is over already."""
        grant = self._access.grant(request)
        body = await read_object(request, MAX_OUTPUT_BYTES)
        waitpoint = await self._waitpoint(request)
        grant.require("write", ("waitpoints", waitpoint.id))
        await self._complete(waitpoint, body.get("data"))
        return json_response({"success": True})

    async def call_back(self, request: Request) -> Response:
        """`POST .../{waitpoint_id}/callback/{digest}`: the whole body is the output."""
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            raise Problem(411, "Content-Length header is required")
        if int(length) > MAX_OUTPUT_BYTES:
            raise Problem(413, "Request body too large")
        waitpoint = await self._waitpoint(request)
        expected = self._digest(waitpoint.id)
        if not hmac.compare_digest(request.path_params["digest"].encode(), expected.encode()):
            raise Problem(401, "Invalid URL, hash doesn't match")
        try:
            output = json.loads(await request.body())
        except ValueError:
            output = {}
        await self._complete(waitpoint, output)
        return json_response({"success": True})

    async def retrieve(self, request: Request) -> Response:
        """`GET /api/v1/waitpoints/tokens/{waitpoint_id}`."""
        self._access.secret_grant(request)
        waitpoint = await self._waitpoint(request)
        output = {}
        if waitpoint.completed_at is not None:
            output = {
                "output": waitpoint.output,
                "outputType": waitpoint.output_type,
                "outputIsError": False,
            }
        return json_response({**self._shown(request, waitpoint), **output})

    async def list(self, request: Request) -> Response:
        """`GET /api/v1/waitpoints/tokens`: the newest."""
        self._access.secret_grant(request)
        newest = await self._store.read(lambda tx: list_waitpoints(tx, PAGE))
        shown = [self._shown(request, waitpoint) for waitpoint in newest]
        return json_response({"data": shown, "pagination": {}})

    async def _waitpoint(self, request: Request) -> Waitpoint:
        waitpoint_id = request.path_params["waitpoint_id"]
        waitpoint = await self._store.read(lambda tx: get_waitpoint(tx, waitpoint_id))
        if waitpoint is None:
            raise Problem(404, "Waitpoint not found")
        return waitpoint

    async def _complete(self, waitpoint: Waitpoint, value: Any) -> None:
        text, data_type = encode_packet(value)

        def complete(tx: Transaction) -> None:
            if current := get_waitpoint(tx, waitpoint.id):
                complete_waitpoint(tx, current, text, data_type)

        await self._store.write(complete)

    def _shown(self, request: Request, waitpoint: Waitpoint) -> dict[str, Any]:
        times = {
            "createdAt": waitpoint.created_at,
            "timeoutAt": waitpoint.timeout_at,
            "completedAt": waitpoint.completed_at,
            "idempotencyKeyExpiresAt": waitpoint.idempotency_key
            and waitpoint.idempotency_expires_at,
        }
        key = {"idempotencyKey": waitpoint.idempotency_key} if waitpoint.idempotency_key else {}
        return {
            "id": waitpoint.id,
            "url": self._url(request, waitpoint.id),
            "status": waitpoint.status(time.time_ns() // 1_000_000),
            "tags": waitpoint.tags,
            **key,
            **{name: f"{iso_time(ms)}Z" for name, ms in times.items() if isinstance(ms, int)},
        }

    def _url(self, request: Request, waitpoint_id: str) -> str:
        path = f"/api/v1/waitpoints/tokens/{waitpoint_id}/callback/{self._digest(waitpoint_id)}"
        return f"{base_url(request)}{path}"

    def _digest(self, waitpoint_id: str) -> str:
        key = self._store.secret_key.encode()
        return hmac.new(key, waitpoint_id.encode(), hashlib.sha256).hexdigest()

    def _token(self, waitpoint_id: str) -> str:
        now = int(time.time())
        return sign_public_token(
            self._store.secret_key,
            environment_id=self._store.environment_id,
            scopes=[f"write:waitpoints:{waitpoint_id}"],
            expires_at=now + TOKEN_SECONDS,
            issued_at=now,
        )
