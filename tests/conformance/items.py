"""What our client emits, in the form in which the official client's emissions are printed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from pydantic.alias_generators import to_camel

from reflex_realtime.feeds import RealtimeClient
from reflex_realtime.models import RealtimeRun, RunError, RunUpdate, StreamPart

OURS_ALONE = {"is_finished", "problems"}


async def follow(
    client: RealtimeClient, feed: str, target: Any, **options: Any
) -> AsyncGenerator[Any, None]:
    """Follow a feed as our client does.

    Args:
        client: The client.
        feed: `run`, `streams` (a run with them), `stream` (one of a run), `tag` or `batch`.
        target: The run's or batch's id, the tags, or the run's id and the stream's name.
        **options: The subscription's options.

    Yields:
        What it emits: `{"run": ...}`, `{"stream": ..., "part": ...}`.
    """
    if feed == "stream":
        run_id, stream = target
        async with aclosing(client.read_stream(run_id, stream, timeout_seconds=1)) as parts:
            async for part in parts:
                yield {"stream": stream, "part": part}
        return
    subscribe = {
        "run": client.subscribe_to_run,
        "streams": client.subscribe_to_run_with_streams,
        "tag": client.subscribe_to_runs_with_tag,
        "batch": client.subscribe_to_batch,
    }[feed]
    feed_items: AsyncGenerator[Any, None] = subscribe(target, **options)
    async with aclosing(feed_items):
        async for item in feed_items:
            match item:
                case StreamPart(stream=stream, part=part):
                    yield {"stream": stream, "part": part}
                case RunUpdate(run=run) | run:
                    yield {"run": javascript_run(run)}


def javascript_run(run: RealtimeRun[Any, Any]) -> dict[str, Any]:
    """A run as the SDK has it.

    Names are in camel case, times are ISO text in UTC, and what is absent is left out, where our
    model has None, or empty metadata. Our model's `is_finished` and `problems`, which the SDK
    lacks, are left out too.
    """
    values = {name: getattr(run, name) for name in _fields(run) if name not in OURS_ALONE}
    values["metadata"] = run.metadata or None
    values["error"] = _javascript_error(run.error) if run.error else None
    return {to_camel(name): _plain(v) for name, v in values.items() if v is not None}


def _fields(run: RealtimeRun[Any, Any]) -> list[str]:
    return [*type(run).model_fields, *type(run).model_computed_fields]


def _javascript_error(error: RunError) -> dict[str, str]:
    return {to_camel(name): text for name, text in error.model_dump().items() if text}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            text = value.astimezone(UTC).isoformat(timespec="milliseconds")
            return text.replace("+00:00", "Z")
        case set():
            return sorted(map(_plain, value))
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def in_camel_case(options: dict[str, Any]) -> dict[str, Any]:
    """Options as the SDK names them."""
    return {to_camel(name): value for name, value in options.items()}
