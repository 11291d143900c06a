"""The shape protocol of the runs feed: what to ask next, and what an answer says.

Facts: the offset, handle and cursor are opaque and echoed as they came; a batch ends in an
`up-to-date` control, in the snapshot (native backend) or in a later answer (Electric); a 409 or
a `must-refetch` control means that what was read so far is void.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from pydantic_core import from_json

from reflex_realtime.errors import ProtocolError
from reflex_realtime.protocol.columns import ColumnTypes, parse_schema
from reflex_realtime.protocol.json_values import as_list, as_object

Message: TypeAlias = Mapping[str, Any]
Row: TypeAlias = dict[str, Any]
"""One row as it is on the wire: column name to text or None."""

KNOWN_CONTROLS: Final = {"up-to-date", "must-refetch", "snapshot-end", "subset-end"}
KNOWN_EVENTS: Final = {"move-in", "move-out"}


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one answer, told apart.

    Attributes:
        changes: The messages that carry a row: `{"key", "value", "headers"}`.
        completes: Whether the batch says anywhere that everything there is has been sent.
        ends_complete: Whether it says so last, so that the next request is held.
        voids: Whether it says that everything sent so far is void.
        problems: What could not be understood, in words; it is left out.
        count: How many messages there were in all.
    """

    changes: tuple[Message, ...] = ()
    completes: bool = False
    ends_complete: bool = False
    voids: bool = False
    problems: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class ShapePosition:
    """Where a reader stands in a shape's log. Immutable: each answer makes a new one.

    Attributes:
        offset: The last offset read; `-1` before the first answer.
        handle: The shape's handle, None before the first answer.
        cursor: The last cursor; empty until a live answer gives one.
        live: Whether everything there is was read, so that the next request is held open.
        schema: The column types; the first answer's, until a refetch.
        expired_handle: A handle that the server has given up.
        cache_buster: Tells this request from one whose answer a cache keeps, empty for none.
    """

    offset: str = "-1"
    handle: str | None = None
    cursor: str = ""
    live: bool = False
    schema: ColumnTypes | None = None
    expired_handle: str | None = None
    cache_buster: str = ""

    @property
    def at_start(self) -> bool:
        """Whether the next request asks for everything from the start."""
        return self.offset == "-1"

    def params(self) -> dict[str, str]:
        """The protocol's query parameters for the next request."""
        params = {"log": "full", "offset": self.offset}
        if self.handle is not None:
            params["handle"] = self.handle
        if self.expired_handle is not None:
            params["expired_handle"] = self.expired_handle
        if self.cache_buster:
            params["cache-buster"] = self.cache_buster
        if self.live:
            params |= {"live": "true", "cursor": self.cursor}
        return params

    def advanced(self, headers: Mapping[str, str], batch: Batch) -> ShapePosition:
        """The position after a 2xx answer that voids nothing.

        Args:
            headers: The answer's headers; names are matched as given, in lower case.
            batch: The answer's messages.

        Returns:
            The next position.

        Raises:
            ProtocolError: A header that the protocol requires is missing.
        """
        schema = self.schema
        if schema is None:
            schema = parse_schema(_required(headers, "electric-schema"))
        cursor = _required(headers, "electric-cursor") if self.live else self.cursor
        return ShapePosition(
            offset=_required(headers, "electric-offset", "electric-chunk-last-offset"),
            handle=_required(headers, "electric-handle", "electric-shape-id"),
            cursor=headers.get("electric-cursor", cursor),
            live=batch.ends_complete if batch.count else self.live,
            schema=schema,
        )

    def catching_up(self) -> ShapePosition:
        """The same position, asked from without being held: the answer comes at once."""
        return replace(self, live=False)

    def is_stale(self, headers: Mapping[str, str]) -> bool:
        """Whether an answer is of the handle that the server gave up: some cache's old one."""
        handle = headers.get("electric-handle", headers.get("electric-shape-id"))
        return handle is not None and handle == self.expired_handle

    def refetching(self, headers: Mapping[str, str]) -> ShapePosition:
        """The position after a 409 or a `must-refetch`: from the start, under another handle.

        Args:
            headers: The answer's headers; Electric names the new handle, unless it has none yet.

        Returns:
            The position to start over from.
        """
        handle = headers.get("electric-handle")
        expired = self.handle if self.handle is not None else self.expired_handle
        if handle == expired:  # the server names it as the current one, so it has not expired
            return ShapePosition()
        return ShapePosition(handle=handle, expired_handle=expired)

    def busting(self, cache_buster: str) -> ShapePosition:
        """The same position, asked for in a way that no cache has an answer to."""
        return replace(self, cache_buster=cache_buster)


def read_batch(body: bytes) -> Batch:
    """Read the body of a shape answer.

    Args:
        body: JSON, an array of messages. An empty body stands for no messages.

    Returns:
        The messages, told apart. What is not known is left out and named in `problems`.

    Raises:
        ProtocolError: The body is not a JSON array.
    """
    if not body.strip():
        return Batch()
    messages = _decoded(body)
    if not isinstance(messages, list):
        raise ProtocolError(
            "The server's answer is JSON, but not a list of messages.",
            remedy="Check that the base URL is that of a Trigger.dev server.",
        )
    changes: list[Message] = []
    controls: list[Any] = []
    problems: list[str] = []
    for message in as_list(messages):
        headers = as_object(as_object(message).get("headers"))
        if isinstance(as_object(message).get("key"), str):
            changes.append(message)
        elif "control" in headers and not _is_known(headers["control"], KNOWN_CONTROLS):
            problems.append(f"an unknown control: {_shortened(headers['control'])}")
        elif "event" in headers and not _is_known(headers["event"], KNOWN_EVENTS):
            problems.append(f"an unknown event: {_shortened(headers['event'])}")
        elif "control" in headers:
            controls.append(headers["control"])
        elif "event" not in headers:
            problems.append("a message that is neither a row nor a control")
    last = as_object(as_object(messages[-1] if messages else None).get("headers"))
    return Batch(
        changes=tuple(changes),
        completes="up-to-date" in controls,
        ends_complete=last.get("control") == "up-to-date",
        voids="must-refetch" in controls,
        problems=tuple(problems),
        count=len(as_list(messages)),
    )


def _decoded(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        pass
    try:
        # It reads what the faster one does not: halves of surrogate pairs, as JavaScript writes.
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ProtocolError(
            "The server answered with something that is not JSON.",
            remedy="Check that the base URL is that of a Trigger.dev server.",
        ) from None


def _is_known(value: Any, known: set[str]) -> bool:
    return isinstance(value, str) and value in known


def _shortened(value: Any) -> str:
    return repr(value)[:80]


def _required(headers: Mapping[str, str], *names: str) -> str:
    for name in names:
        if (value := headers.get(name)) is not None:
            return value
    raise ProtocolError(
        f"The server's answer lacks the header {names[0]}.",
        remedy="Check that the base URL is that of a Trigger.dev server and that no proxy "
        "removes headers.",
    )
