"""`outline-json`: the shape of a document, or a failure that says where it is not JSON."""

from __future__ import annotations

from example_app.tasks.outline import DocumentPayload, Outline
from reflex_realtime.feeds import RealtimeClient
from tests.example_app.runs import run_task

TASK = "outline-json"


async def test_a_document_is_outlined(client: RealtimeClient):
    text = '{"tides": ["high", {"low": 1}], "metres": 3.2}'

    *_, run = await run_task(client, TASK, DocumentPayload(text=text), Outline)

    assert run.output == Outline(depth=3, objects=2, arrays=1, scalars=3, keys=["metres", "tides"])


async def test_what_is_not_json_fails_after_three_attempts(client: RealtimeClient):
    *_, run = await run_task(client, TASK, DocumentPayload(text='{"tides": }'), Outline)

    assert run.is_failed
    assert run.error is not None
    assert run.error.name == "JSONDecodeError"
    assert "column 11" in run.error.message
    assert "outline.py" in run.error.stack_trace
    assert run.metadata["attempt"] == 3
