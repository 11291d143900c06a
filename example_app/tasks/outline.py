"""Describe the shape of a JSON document. What is not JSON makes the task fail."""

import json
from typing import Any

from pydantic import BaseModel, Field

from example_app.server import server
from reflex_realtime.devserver import TaskContext


class DocumentPayload(BaseModel):
    """A text that should be JSON."""

    text: str = Field(max_length=20_000)


class Outline(BaseModel):
    """The shape of a document."""

    depth: int = 0
    objects: int = 0
    arrays: int = 0
    scalars: int = 0
    keys: list[str] = []


@server.task("outline-json", max_attempts=3, max_duration=10)
def outline_json(payload: DocumentPayload, ctx: TaskContext) -> Outline:
    """Count what a JSON document holds.

    Raises:
        json.JSONDecodeError: The text is not JSON.
    """
    ctx.metadata.set("attempt", ctx.attempt)
    document = json.loads(payload.text)
    outline = Outline(keys=sorted(document) if isinstance(document, dict) else [])
    _count(document, outline, depth=1)
    return outline


def _count(value: Any, outline: Outline, depth: int) -> None:
    if isinstance(value, dict):
        outline.objects += 1
        children = list(value.values())
    elif isinstance(value, list):
        outline.arrays += 1
        children = value
    else:
        outline.scalars += 1
        return
    outline.depth = max(outline.depth, depth)
    for child in children:
        _count(child, outline, depth + 1)
