"""Sessions of a worker that was killed, for the browsers that come back on another one.

With sessions in Redis, each worker notes there which sockets it has. One that is killed leaves
its notes behind, and Reflex takes whoever comes back for a second tab, to which it gives a new
session, until the notes expire (`redis_token_expiration`, an hour by default).

Every worker listens to a channel of its own, where others leave updates for its sockets. Redis
knows at once when nobody listens there any more: the worker is dead, and so are its sockets.
Like `viewers`, this reads records of Reflex that are not public.
"""

from __future__ import annotations

import logging
import pickle
from urllib.parse import parse_qs

from reflex.state import StateUpdate
from reflex.utils.token_manager import LostAndFoundRecord, RedisTokenManager, SocketRecord
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_realtime.states.viewers import token_manager

_log = logging.getLogger("reflex_realtime.states")


def reclaim_sessions(backend: ASGIApp) -> ASGIApp:
    """Let a browser keep its session when the worker that it was connected to is killed.

    Without Redis there is nothing to reclaim, and this does nothing.

    ```python
    app = rx.App(api_transformer=reclaim_sessions)
    ```

    Args:
        backend: The backend.

    Returns:
        The backend, which forgets what a dead worker noted before it lets a browser in.
    """

    async def reclaiming(scope: Scope, receive: Receive, send: Send) -> None:
        if token := _token_of_new_socket(scope):
            await _forget_dead_worker(token)
        await backend(scope, receive, send)

    return reclaiming


def _token_of_new_socket(scope: Scope) -> str | None:
    """The session of a browser that opens a socket; None for any other request."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if "EIO" not in query or "sid" in query:
        return None
    return query.get("token", [None])[0]


async def _forget_dead_worker(token: str) -> None:
    """Delete the note of a session's socket if the worker that made it is dead."""
    manager = token_manager()
    if not isinstance(manager, RedisTokenManager):
        return
    key = manager._get_redis_key(token)
    note = await manager.redis.get(key)
    if note and not await _is_alive(pickle.loads(note), manager):
        await manager.redis.delete(key)
        _log.info("A session goes on here: the worker that it was on is gone.")


async def _is_alive(note: SocketRecord, manager: RedisTokenManager) -> bool:
    """Whether somebody gets an update, of nothing and for nobody, that is left for the worker."""
    channel = f"channel:{manager._get_lost_and_found_key(note.instance_id)}"
    nothing = LostAndFoundRecord(token="", update=StateUpdate())
    return bool(await manager.redis.publish(channel, pickle.dumps(nothing)))
