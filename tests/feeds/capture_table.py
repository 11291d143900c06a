"""What the client makes of each recorded answer of a real server.

The names are those of the files in `tests/captures`, up to the first hyphen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from reflex_realtime.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RealtimeError,
    ServerError,
    TransportError,
)
from reflex_realtime.models import RunError

Fields: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Shows:
    """The answer shows runs, and the next request goes on behind it.

    Attributes:
        statuses: The statuses of the runs that are new or have changed.
        fields: What else is known of each of them.
        after: The answers before it.
        up_to_date_by: The answer that completes it, where it does not say itself that it is all.
        removes: How many runs it removes.
    """

    statuses: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict[str, Any])
    after: tuple[str, ...] = ()
    up_to_date_by: str = ""
    removes: int = 0


@dataclass(frozen=True)
class Voids:
    """The answer voids what was read; everything is asked for anew.

    Attributes:
        after: The answers before it.
        handle: The handle to ask under.
        expired: The handle that is named as given up.
    """

    after: tuple[str, ...]
    handle: str | None = None
    expired: str | None = None


@dataclass(frozen=True)
class Fails:
    """The answer ends the feed, or the request, in an error.

    Attributes:
        kind: Which error.
        status: The HTTP status.
        words: What its message says of the server's own words.
        after: The answers before it.
    """

    kind: type[ApiError]
    status: int
    words: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retries:
    """The same is asked for again.

    Attributes:
        kind: The error that is reported.
        after: The answers before it.
    """

    kind: type[RealtimeError]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reads:
    """The answer is a stream of parts that ends.

    Attributes:
        parts: The parts.
    """

    parts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class BreaksOff:
    """The answer is a stream that is cut off; it is opened again where it was read to.

    Attributes:
        parts: The parts before the cut.
        resumes_after: The id that the next request names.
    """

    parts: tuple[Any, ...] = ()
    resumes_after: str | None = None


@dataclass(frozen=True)
class Answers:
    """The answer to a request that is answered once.

    Attributes:
        body: Its JSON.
    """

    body: Fields


@dataclass(frozen=True)
class NotOurs:
    """The client never sends such a request; any HTTP client reads the answer as it was sent.

    Attributes:
        why: Who sends it.
        status: The answer's status.
        body: The answer's text.
        headers: Some of the answer's headers.
    """

    why: str
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Expected: TypeAlias = Shows | Voids | Fails | Retries | Reads | BreaksOff | Answers | NotOurs


@dataclass(frozen=True)
class Sequence:
    """A file of what the official client emitted.

    Attributes:
        told_in: The module whose test holds our client against it.
    """

    told_in: str


_TAGS: Final = ["cap", "it's", "a b"]
_NEW: Final = {
    "task_identifier": "my-task",
    "payload": {"hello": "world"},
    "metadata": {"p": 1},
    "tags": _TAGS,
    "created_at": "2026-11-22T17:29:44.973000+00:00",
    "queued_at": "2026-11-22T17:29:44.969000+00:00",
    "started_at": None,
    "output": None,
    "error": None,
    "is_test": False,
    "duration_ms": 0,
    "realtime_streams": [],
}
_FINAL: Final = {
    "payload": {"hello": "world"},
    "output": {"a": 1},
    "metadata": {"p": 13},
    "tags": [],
    "error": RunError(message='x"y'),
    "finished_at": "2026-11-22T17:30:32.577000+00:00",
}
_PLAIN: Final = {"payload": {"hello": "world"}, "metadata": {}, "tags": []}
_TAGGED: Final = ("QUEUED", "QUEUED", "QUEUED", "EXECUTING")
_WRITER: Final = "a task's worker writes streams"

_NATIVE: Final[dict[str, Expected]] = {
    "native/00": Shows(("QUEUED",), _NEW),
    "native/01": Shows(("QUEUED",), _NEW),
    "native/02": Shows(("QUEUED",), _NEW),
    "native/03": Shows(("QUEUED",), _NEW),
    "native/04": Shows(("QUEUED",), {"payload": None, "metadata": {}, "tags": _TAGS}),
    "native/05": Shows(("QUEUED",), _NEW),
    "native/06": Shows(("QUEUED",), _NEW),
    "native/07": Shows(("QUEUED",), _NEW),
    "native/08": Shows(after=("native/00",)),
    "native/09": Shows(("DEQUEUED",), {"metadata": {"p": 1}}, after=("native/00",)),
    "native/10": Shows(("EXECUTING",), {"tags": _TAGS}),
    "native/11": Shows(after=("native/00", "native/09")),
    "native/12": Shows(("DEQUEUED",), {"metadata": {"p": 2}}, after=("native/00", "native/09")),
    "native/13": Shows(
        ("DEQUEUED",),
        {"updated_at": "2026-11-22T17:30:09.593000+00:00"},
        after=("native/00", "native/12"),
    ),
    "native/14": Shows(("DEQUEUED",), {"metadata": {"p": 2}}),
    "native/15": Shows(("DEQUEUED",), {"metadata": {"p": 13}}, after=("native/14",)),
    "native/16": Shows(("COMPLETED",), _FINAL),
    "native/17": Shows(("QUEUED",), _PLAIN),
    "native/18": Shows(after=("native/17",)),
    "native/19": Fails(NotFoundError, 404, "Not found", after=("native/17", "native/18")),
    "native/20": Shows(_TAGGED),
    "native/21": Shows(_TAGGED),
    "native/22": Shows(("QUEUED",), {"tags": ["t1", "t2"]}),
    "native/23": Shows(),
    "native/24": Shows(("QUEUED", "QUEUED", "COMPLETED", "QUEUED"), {"payload": None}),
    "native/25": Shows(("EXECUTING",), after=("native/20",)),
    "native/26": Shows(("QUEUED",), {"tags": ["t1"]}, after=("native/20", "native/25")),
    "native/27": Shows(after=("native/20", "native/25", "native/26")),
    "native/28": Shows(after=("native/20", "native/25", "native/26")),
    "native/29": Fails(InvalidRequestError, 400, "Query Error: Invalid tag"),
    "native/30": Shows(("QUEUED",), _PLAIN),
    "native/31": Shows(("QUEUED",), _PLAIN, after=("native/30",)),
    "native/32": Fails(NotFoundError, 404, "Not found"),
    "native/33": Fails(AuthenticationError, 401, "Invalid or Missing API key"),
    "native/34": Fails(AuthenticationError, 401, "Invalid API key"),
    "native/35": Fails(AuthenticationError, 401, "Invalid API key"),
    "native/36": Shows(("COMPLETED",), _FINAL),
    "native/37": Shows(("COMPLETED",), {**_FINAL, "payload": None, "output": None}),
    "native/38": Fails(PermissionDeniedError, 403, "Unauthorized"),
    "native/39": Fails(PermissionDeniedError, 403, "Unauthorized"),
    "native/40": Fails(AuthenticationError, 401, "Public Access Token is invalid"),
    "native/41": Fails(AuthenticationError, 401, "Public Access Token is invalid"),
    "native/42": Fails(PermissionDeniedError, 403, "Unauthorized"),
    "native/43": Shows(("QUEUED", "EXECUTING", "QUEUED", "EXECUTING"), {"payload": None}),
    "native/44": Fails(NotFoundError, 404, "Not found"),
    "native/45": Fails(NotFoundError, 404, "Not found"),
    "native/46": Fails(InvalidRequestError, 405, "Unexpected Server Error"),
    "native/47": Fails(NotFoundError, 404),
    "native/48": NotOurs(
        "a browser asks before it asks another origin", 200, "{}", {"access-control-max-age": "300"}
    ),
    "native/49": NotOurs(
        "nobody but a health check asks for the headers alone",
        200,
        headers={"electric-offset": "1795368632581_82"},
    ),
    "native/50": NotOurs(_WRITER, 202, '{"version":"v1"}'),
    "native/51": NotOurs(_WRITER, 200),
    "native/52": Answers({"ok": True}),
    "native/53": NotOurs(_WRITER, 200, headers={"x-last-chunk-index": "0"}),
    "native/70": NotOurs(_WRITER, 401, '{"error":"Invalid API key"}'),
    "native/71": NotOurs(_WRITER, 400, "Cannot initialize a realtime stream on a completed run"),
    "native/72": Fails(InvalidRequestError, 400),
    "native/73": Shows(("QUEUED",), _PLAIN),
    "native/74": Retries(RateLimitError, after=("native/73",)),
}

_LATE: Final = ("late1", '{"late":2}')
_PARTS: Final = ("a", {"b": 1}, "li\nne", "é€", 'partial"tail text"', *_LATE)
_BEFORE_LAST: Final = "1795368700818-0"

_STREAMS: Final[dict[str, Expected]] = {
    "native/54": Reads(_PARTS),
    "native/55": Reads(_LATE[1:]),
    "native/56": Reads(("tail text", *_LATE)),
    "native/57": Reads(_PARTS),
    "native/58": BreaksOff(),
    "native/59": BreaksOff(_PARTS, resumes_after=_BEFORE_LAST),
    "native/60": BreaksOff(_PARTS, resumes_after=_BEFORE_LAST),
    "native/61": Fails(InvalidRequestError, 400),
    "native/62": Reads(),
    "native/63": Reads(),
    "native/64": Reads(("x1", "x2")),
    "native/65": Fails(NotFoundError, 404, "Not found"),
    "native/66": Fails(AuthenticationError, 401, "Invalid or Missing API key"),
    "native/67": Fails(PermissionDeniedError, 403, "Unauthorized"),
    "native/68": Reads(_PARTS),
    "native/69": Retries(ServerError),
}

_ELECTRIC_NEW: Final = {
    "task_identifier": "my-task",
    "payload": {"hello": "world"},
    "metadata": {"p": 1},
    "tags": ["el", "it's"],
    "created_at": "2026-11-22T17:47:51.185000+00:00",
    "queued_at": "2026-11-22T17:47:51.182000+00:00",
    "output": None,
    "error": None,
    "is_test": False,
    "realtime_streams": [],
}
_CHANGED: Final = {**_ELECTRIC_NEW, "updated_at": "2026-11-22T17:47:52.754000+00:00"}
_FOLLOWED: Final = ("electric/00", "electric/01")
_HANDLE: Final = "121525045-1795369671586426"

_ELECTRIC: Final[dict[str, Expected]] = {
    "electric/00": Shows(("QUEUED",), _ELECTRIC_NEW, up_to_date_by="electric/01"),
    "electric/01": Shows(("QUEUED",), _ELECTRIC_NEW, after=("electric/00",)),
    "electric/02": Shows(("DEQUEUED",), _CHANGED, after=_FOLLOWED),
    "electric/03": Shows(("QUEUED",), _ELECTRIC_NEW, up_to_date_by="electric/01"),
    "electric/04": Voids(after=_FOLLOWED),
    "electric/05": Shows(("DEQUEUED",), _CHANGED, after=("electric/00",)),
    "electric/06": Shows(("DEQUEUED",), _CHANGED, after=("electric/00",)),
    "electric/07": Retries(TransportError),
    "electric/08": Shows(after=(*_FOLLOWED, "electric/02")),
    "electric/09": Shows(after=(*_FOLLOWED, "electric/02", "electric/08")),
    "electric/10": Shows(("DEQUEUED",), _CHANGED, up_to_date_by="electric/01"),
    "electric/11": Shows(("QUEUED",), _PLAIN, up_to_date_by="electric/01"),
    "electric/12": Shows(("QUEUED",), _PLAIN, up_to_date_by="electric/13"),
    "electric/13": Shows(("QUEUED",), _PLAIN, after=("electric/12",)),
    "electric/14": Shows(removes=1, after=("electric/12", "electric/13")),
    "electric/15": Shows(("QUEUED",), _PLAIN, up_to_date_by="electric/16"),
    "electric/16": Shows(("QUEUED",), _PLAIN, after=("electric/15",)),
    "electric/17": Shows(after=("electric/15", "electric/16")),
    "electric/20": Shows(("QUEUED",), _PLAIN, up_to_date_by="electric/21"),
    "electric/21": Shows(("QUEUED",), _PLAIN, after=("electric/20",)),
    "electric/22": Shows(("EXECUTING",), _PLAIN, after=("electric/20", "electric/21")),
    "electric/23": Shows(after=("electric/20", "electric/21", "electric/22")),
    "electric/30": Shows(("QUEUED",), {"tags": ["mr1"]}, up_to_date_by="electric/31"),
    "electric/31": Shows(("QUEUED",), {"tags": ["mr1"]}, after=("electric/30",)),
    "electric/32": Voids(after=("electric/30", "electric/31"), expired="91175305-1795369918345362"),
    "electric/33": Voids(
        after=("electric/30", "electric/31", "electric/32"),
        handle="91175305-1795369919586888",
        expired="91175305-1795369918345362",
    ),
    "electric/34": Shows(
        removes=1,
        after=("electric/30", "electric/31", "electric/32", "electric/33"),
        up_to_date_by="electric/13",
    ),
    "electric/40": Shows(
        ("QUEUED",),
        {"tags": [], "created_at": "2026-11-22T17:56:21.040000+00:00"},
        up_to_date_by="electric/01",
    ),
    "electric/41": Voids(after=("electric/00",), expired=_HANDLE),
    "electric/42": Voids(after=_FOLLOWED, expired=_HANDLE),
    "electric/43": Voids(after=_FOLLOWED, expired=_HANDLE),
    "electric/44": Voids(after=_FOLLOWED, expired=_HANDLE),
    "electric/45": Fails(NotFoundError, 404, "Not found"),
    "electric/46": Fails(AuthenticationError, 401, "Invalid API key"),
    "electric/47": Shows(("QUEUED",), {"tags": []}, up_to_date_by="electric/01"),
}

EXPECTED: Final[Mapping[str, Expected]] = {**_NATIVE, **_STREAMS, **_ELECTRIC}

SEQUENCES: Final[Mapping[str, Sequence]] = {
    "run": Sequence("tests.conformance.test_recordings"),
    "tag": Sequence("tests.conformance.test_recordings"),
    "batch": Sequence("tests.conformance.test_recordings"),
    "shape": Sequence("tests.feeds.test_captures"),
    "js-must-refetch": Sequence("tests.feeds.test_captures"),
}
