"""`play-script`: everything that a run can go through, for the gallery."""

from __future__ import annotations

import pytest

from example_app.tasks.script import Film, Script
from reflex_realtime.feeds import RealtimeClient
from tests.example_app.runs import read_streams, run_task

TASK = "play-script"
QUICK = 0.2


async def test_a_script_goes_through_progress_and_a_wait_to_its_good_end(client: RealtimeClient):
    states = await run_task(client, TASK, Script(frames=1300, seconds=QUICK), Film)

    shares = [state.metadata["progress"] for state in states if "progress" in state.metadata]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert any(state.is_waiting for state in states)
    assert states[-1].output == Film(
        url="https://example.com/low-tide.webm", frames=1300, megabytes=10
    )


async def test_a_script_with_a_bad_end_tells_which_frame_is_damaged(client: RealtimeClient):
    *_, run = await run_task(client, TASK, Script(ending="failure", seconds=QUICK), Film)

    assert run.is_failed
    assert run.error is not None
    assert run.error.name == "DamagedFrameError"
    assert "is damaged" in run.error.message


@pytest.mark.parametrize("title", ["Low tide", "Fog over the bay"])
async def test_the_words_make_a_text_in_markdown(client: RealtimeClient, title: str):
    streams = await read_streams(client, TASK, Script(title=title, seconds=QUICK))

    text = "".join(str(word) for word in streams["text"])
    assert text.startswith(f"## {title}\n")
    assert f'clip = open_clip("{title}")' in text
    assert text.endswith("say about it.\n")


async def test_each_scene_is_logged(client: RealtimeClient):
    streams = await read_streams(client, TASK, Script(seconds=QUICK))

    begun = [line for line in streams["log"] if "begins" in str(line)]
    assert len(begun) == 5
