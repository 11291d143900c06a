"""Whether somebody is still looking: the browser's socket, as Reflex knows it.

This and `sessions` are the only places that read Reflex's socket records, which are not public.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, Final

from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

POLL_SECONDS: Final = 0.5
READY_POLL_SECONDS: Final = 0.02
GRACE_SECONDS: Final = 5.0
"""How long a browser may be away, as it is in a reload, before it counts as gone."""


def client_token() -> str:
    """The browser session that the current event belongs to."""
    return EventContext.get().token


def token_manager() -> Any:
    """What knows the sockets of the browser sessions; None where the app serves none."""
    app: Any = RegistrationContext.get().app
    return getattr(getattr(app, "event_namespace", None), "_token_manager", None)


def is_connected(token: str) -> bool:
    """Whether a browser session has a socket in this process."""
    return socket_of(token) is not None


async def is_connected_anywhere(token: str) -> bool:
    """Whether a browser session has a socket, in whatever process."""
    manager = token_manager()
    return manager is not None and await manager.is_token_connected(token)


def socket_of(token: str) -> str | None:
    """The id of a browser session's socket in this process; None where it has none here."""
    manager = token_manager()
    if manager is None:
        return None
    record = manager.token_to_socket.get(token)
    return record.sid if record and record.instance_id == manager.instance_id else None


def is_ready(token: str) -> bool:
    """Whether a browser session has a socket in this process, and it has taken what it was sent."""
    socket = socket_of(token)
    return socket is not None and not _has_waiting(socket)


def _has_waiting(socket: str) -> bool:
    """Whether something waits to be sent to a socket."""
    app: Any = RegistrationContext.get().app
    transport = app.sio.manager.eio_sid_from_sid(socket, app.event_namespace.namespace)
    connection = app.sio.eio.sockets.get(transport)
    return connection is not None and not connection.queue.empty()


async def viewer_gone(token: str, sockets: Collection[str] = ()) -> None:
    """Return when nobody has been looking for the grace period.

    Args:
        token: The browser session.
        sockets: The sockets of the pages that show the state. A page that is loaded has a new
            one; if it does not show the state, nobody says so. Empty to take any of the
            session's sockets in this process as somebody who looks.
    """
    loop = asyncio.get_running_loop()
    last_seen = loop.time()
    while loop.time() - last_seen < GRACE_SECONDS:
        await asyncio.sleep(POLL_SECONDS)
        socket = socket_of(token)
        if socket is not None and (not sockets or socket in sockets):
            last_seen = loop.time()
