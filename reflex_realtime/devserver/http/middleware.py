"""What holds for every route: loopback only, and browsers of other origins may ask."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reflex_realtime.devserver.http.messages import json_response

METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class LoopbackOnly:
    """Refuses requests that come from another machine.

    Args:
        app: The application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and not _is_local(scope):
            refusal = json_response(
                {
                    "error": "The embedded realtime server is for development and answers only to "
                    "its own machine. Use Trigger.dev, or a server of your own, from elsewhere."
                },
                403,
            )
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


class CrossOrigin:
    """Answers preflight requests, and lets pages of other origins read answers.

    Args:
        app: The application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "*")
        if scope["method"] == "OPTIONS":
            preflight = json_response(
                {},
                headers={
                    "access-control-allow-origin": origin,
                    "access-control-allow-methods": METHODS,
                    "access-control-allow-headers": headers.get(
                        "access-control-request-headers", "authorization,content-type"
                    ),
                    "access-control-max-age": "300",
                },
            )
            await preflight(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.setdefault(
                    "access-control-expose-headers", "x-trigger-jwt,x-trigger-jwt-claims"
                )
                if "origin" in headers:
                    answer.setdefault("access-control-allow-origin", origin)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _is_local(scope: Scope) -> bool:
    """Whether it comes from this machine, and not through a proxy that speaks for another."""
    if any(name in Headers(scope=scope) for name in FORWARDED):
        return False
    client = scope.get("client")
    if client is None or not client[0]:
        return True
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
