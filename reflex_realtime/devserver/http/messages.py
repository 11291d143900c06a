"""Reading requests, answering and refusing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

JSON_CONTENT_TYPE = "application/json; charset=utf-8"
KIB = 1024
MIB = 1024 * KIB


class Problem(Exception):
    """A request that is refused.

    Args:
        status: The HTTP status.
        error: What is wrong, or the whole body.
        headers: More headers.
    """

    def __init__(
        self, status: int, error: str | Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, error)
        self.status = status
        self.body: dict[str, Any] = {"error": error} if isinstance(error, str) else dict(error)
        self.headers: dict[str, str] = dict(headers or {})


def encode_json(value: Any) -> str:
    """JSON text without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in JSON."""
    return Response(encode_json(body), status, headers, media_type=JSON_CONTENT_TYPE)


def problem_response(_: Request, problem: Exception) -> Response:
    """The answer to a request that is refused."""
    assert isinstance(problem, Problem)
    return json_response(problem.body, problem.status, problem.headers)


def not_found(*, should_retry: bool) -> Problem:
    """There is no such thing; `should_retry` says whether it may yet come to be."""
    return Problem(404, "Not found", {"x-should-retry": "true" if should_retry else "false"})


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body of a known length.

    Args:
        request: The request.
        limit: The most bytes it may have.

    Returns:
        The body.

    Raises:
        Problem: 413, it has no Content-Length or is too large.
    """
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > limit:
        raise Problem(413, "Request body too large")
    return await request.body()


async def read_object(request: Request, limit: int) -> dict[str, Any]:
    """Read a body that is a JSON object.

    Raises:
        Problem: 413 as for `read_body`; 400, it is not a JSON object.
    """
    return parse_object(await read_body(request, limit))


def parse_object(text: bytes) -> dict[str, Any]:
    """Read text that is a JSON object.

    Raises:
        Problem: 400, it is not.
    """
    try:
        body = json.loads(text)
    except ValueError:
        raise Problem(400, "Invalid JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object")
    return body
