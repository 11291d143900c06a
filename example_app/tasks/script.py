"""Play a script: everything that a run can go through, within seconds, for the gallery."""

import asyncio
from typing import Literal

from pydantic import BaseModel, Field

from example_app.server import server
from reflex_realtime.devserver import TaskContext

SCENES = 5
WAITS_BEFORE_SCENE = 3

NARRATION = """\
## {title}

The clip has **{frames:,} frames**. Each is read, filtered and written again:

1. *Read* and check what the camera has stored
2. *Filter* the noise, of which there is little
3. *Write* with the codec `{codec}`

```python
clip = open_clip("{title}")
clip.render(codec="{codec}")
```

| scene | frames | noise |
| --- | ---: | ---: |
| sea | {half:,} | 0.4 % |
| sky | {half:,} | 0.1 % |

That was all there is to say about it.
"""


class Script(BaseModel):
    """What is to be played."""

    title: str = Field(default="Low tide", max_length=80)
    frames: int = Field(default=2400, ge=1, le=1_000_000)
    codec: str = Field(default="av1", max_length=20)
    ending: Literal["success", "failure"] = "success"
    seconds: float = Field(default=5, gt=0, le=60)


class Film(BaseModel):
    """What comes of it."""

    url: str
    frames: int
    megabytes: float


class LogLine(BaseModel):
    """A line of what the run says about itself."""

    level: Literal["debug", "info", "warning", "error"]
    message: str


class DamagedFrameError(ValueError):
    """A frame cannot be read."""

    def __init__(self, frame: int) -> None:
        super().__init__(f"Frame {frame} is damaged: its checksum is 9f1c, not 77ab.")


@server.task("play-script", max_duration=120, concurrency_limit=8)
async def play_script(script: Script, ctx: TaskContext) -> Film:
    """Go through the scenes: progress, a wait, two streams, and a good or a bad end.

    Streams:
        text: Words of Markdown, `str`.
        log: Each a `LogLine`.

    Raises:
        DamagedFrameError: The script has a bad end.
    """
    words = _words(script_text(script))
    scene_words = -(-len(words) // SCENES)
    for scene in range(SCENES):
        _log(ctx, "info", f"Scene {scene + 1} of {SCENES} begins")
        if scene == WAITS_BEFORE_SCENE:
            await _wait(ctx, script.seconds / SCENES)
        first = scene * scene_words
        for number, word in enumerate(words[first : first + scene_words], start=first + 1):
            ctx.stream("text").append(word)
            share = number / len(words)
            ctx.metadata.update({"progress": share, "label": _label(script, share)})
            await asyncio.sleep(script.seconds / len(words))
        if script.ending == "failure" and scene == SCENES - 2:
            _log(ctx, "error", "A frame cannot be read")
            seen = (first + scene_words) / len(words)
            raise DamagedFrameError(round(script.frames * min(1, seen)))
        if scene % 2:
            _log(ctx, "warning", "The scene was longer than planned")
    return Film(
        url="https://example.com/low-tide.webm", frames=script.frames, megabytes=script.frames / 130
    )


def script_text(script: Script) -> str:
    """What a run that plays a script writes to its stream of text.

    Args:
        script: The script.

    Returns:
        The text, in Markdown.
    """
    half = script.frames // 2
    return NARRATION.format(title=script.title, frames=script.frames, codec=script.codec, half=half)


def _words(text: str) -> list[str]:
    return text.replace(" ", " \0").split("\0")


def _label(script: Script, share: float) -> str:
    return f"Frame {round(script.frames * share):,} of {script.frames:,}"


def _log(ctx: TaskContext, level: Literal["info", "warning", "error"], message: str) -> None:
    ctx.stream("log").append(LogLine(level=level, message=message))


async def _wait(ctx: TaskContext, seconds: float) -> None:
    """Wait for a token that nobody completes."""
    ctx.metadata.set("label", "Waiting for the sound")
    token = await ctx.create_token(expires_in=f"{max(1, round(seconds))}s")
    try:
        await ctx.wait_for_token(token)
    except TimeoutError:
        _log(ctx, "warning", "The sound never came")
