"""A browser without a page: the socket that Reflex's frontend opens, and the state it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import socketio

from tests.patches.applying import merged

ROOT = "reflex___state____state"


class Browser:
    """One tab."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = base_url
        self.token = token or str(uuid4())
        self.vars: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.gaps = 0
        self.frames: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()
        self._socket = socketio.AsyncClient(reconnection=False)
        self._socket.on("event", self._receive, namespace="/_event")

    async def __aenter__(self) -> Browser:
        """Open the socket and hydrate, as a page load does."""
        await self._socket.connect(
            f"{self.base_url}?token={self.token}",
            socketio_path="/_event",
            namespaces=["/_event"],
            transports=["websocket"],
            wait_timeout=10,
            auth={"event": self._event(f"{ROOT}.hydrate_and_load", {})},
        )
        await self.sees(lambda: self.vars.get(ROOT, {}).get("is_hydrated") is True)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the tab."""
        await self._socket.disconnect()

    async def aclose(self) -> None:
        """Let go of what an attempt to open the socket has left, where it failed."""
        if (http := self._socket.eio.http) and not http.closed:
            await http.close()

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._socket.connected

    async def call(self, handler: Any, **arguments: Any) -> None:
        """Send an event, as a click does."""
        await self._socket.emit(
            "event", self._event(handler_name(handler), arguments), namespace="/_event"
        )

    def of(self, state: Any) -> dict[str, Any]:
        """The vars of a state, as the browser knows them."""
        return self.vars.get(state.get_full_name(), {})

    @contextmanager
    def not_reading(self) -> Iterator[None]:
        """Take nothing from the socket for a while, as a page on a bad network does."""
        connection: Any = self._socket.eio.ws._response.connection
        connection.transport.pause_reading()
        yield
        connection.transport.resume_reading()

    def frames_of(self, state: Any) -> list[Any]:
        """All that the browser was sent for a state, one after the other."""
        name = state.get_full_name()
        return [frame[name] for frame in self.frames if name in frame]

    async def sees(self, condition: Callable[[], Any]) -> Any:
        """Wait until what the browser knows meets a condition; return its value."""
        async with asyncio.timeout(10), self._changed:
            while not (value := condition()):
                await self._changed.wait()
            return value

    async def _receive(self, update: dict[str, Any]) -> None:
        async with self._changed:
            self.frames.append(update.get("delta") or {})
            for state, delta in (update.get("delta") or {}).items():
                known = self.vars.setdefault(state, {})
                changes = merged(known, {k.removesuffix("_rx_state_"): v for k, v in delta.items()})
                if changes is None:
                    self.gaps += 1
                    await self._socket.emit(
                        "event", self._event(f"{state}.send_whole", {}), namespace="/_event"
                    )
                    changes = {}
                known.update(changes)
            self.events.extend(update.get("events") or [])
            self._changed.notify_all()

    def _event(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        router = {"pathname": "/", "asPath": "/", "query": {}, "origin": self.base_url}
        return {"name": name, "payload": payload, "router_data": router}


def handler_name(handler: Any) -> str:
    """The name under which the frontend calls a handler."""
    return f"{handler.state.get_full_name()}.{handler.fn.__name__}"
