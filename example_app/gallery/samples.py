"""Runs as they could be, at times that follow from one moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

from example_app.tasks.script import Film, LogLine, Script, script_text
from reflex_realtime import RealtimeRun, RunError, RunStatus

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""When the samples are taken as long as nobody has come."""

SampleRun = RealtimeRun[Script, Film]

CLIPS = (
    *("Low tide", "High tide", "Fog over the bay", "Ferry at noon", "Gulls", "Harbour lights"),
    *("First snow", "Market day", "Night train", "Rooftops", "Old mill", "Lock gates"),
)

STACK = """\
Traceback (most recent call last):
  File "/app/tasks/clips.py", line 58, in render_clip
    frame = decoder.read(position)
            ^^^^^^^^^^^^^^^^^^^^^^
  File "/app/media/decoder.py", line 121, in read
    raise DamagedFrameError(position)
DamagedFrameError: Frame 1482 is damaged: its checksum is 9f1c, not 77ab."""

ERRORS = {
    RunStatus.FAILED: RunError(
        name="DamagedFrameError",
        message="Frame 1482 is damaged: its checksum is 9f1c, not 77ab.",
        stack_trace=STACK,
    ),
    RunStatus.CRASHED: RunError(message="The worker ran out of memory."),
    RunStatus.SYSTEM_FAILURE: RunError(message="The worker was lost."),
    RunStatus.TIMED_OUT: RunError(name="TimedOut", message="It took longer than 60 seconds."),
    RunStatus.EXPIRED: RunError(name="Expired", message="No worker was free in time."),
}
METADATA = {
    RunStatus.EXECUTING: {"progress": 0.42, "label": "Frame 1,008 of 2,400", "eta_seconds": 45},
    RunStatus.WAITING: {"progress": 0.6, "label": "Waiting for the sound"},
    RunStatus.COMPLETED: {"progress": 1, "label": "Uploaded"},
    RunStatus.FAILED: {"progress": 0.6, "label": "Frame 1,482 of 2,400"},
    RunStatus.CANCELED: {"progress": 0.3, "label": "Frame 720 of 2,400"},
}
NOT_STARTED = (
    *(RunStatus.DELAYED, RunStatus.PENDING_VERSION, RunStatus.QUEUED, RunStatus.DEQUEUED),
    RunStatus.EXPIRED,
)
UNFINISHED = (*NOT_STARTED[:-1], RunStatus.EXECUTING, RunStatus.WAITING)

TEXT = script_text(Script())
LOG = [
    LogLine(level="info", message="Scene 1 of 5 begins"),
    LogLine(level="debug", message="The decoder has 4 threads"),
    LogLine(level="info", message="Scene 2 of 5 begins"),
    LogLine(level="warning", message="The scene was longer than planned"),
    LogLine(level="info", message="Scene 3 of 5 begins"),
    LogLine(level="error", message="Frame 1482 is damaged: its checksum is 9f1c, not 77ab."),
]


def sample(status: RunStatus, at: datetime, number: int = 0) -> SampleRun:
    """A run in a status.

    Args:
        status: Where it stands.
        at: The moment at which it stands there.
        number: Which of several: each has an id and a payload of its own.

    Returns:
        The run, triggered one and a half minutes before.
    """
    script = Script(title=CLIPS[number % len(CLIPS)], frames=2400 + 120 * number)
    run = SampleRun(
        id=f"run_sample{number:02}{status.value.replace('_', '').lower()}",
        task_identifier="play-script",
        status=status,
        created_at=at - timedelta(seconds=90),
        updated_at=at,
        payload=script,
        output=_film(script) if status is RunStatus.COMPLETED else None,
        metadata=METADATA.get(status, {}),
        error=ERRORS.get(status),
        tags=["user:ada", f"clip:{number + 1}"],
    )
    return _timed(run, at)


def one_of_each(at: datetime) -> dict[str, SampleRun]:
    """A run in every status.

    Args:
        at: The moment at which they stand there.

    Returns:
        The runs, by status.
    """
    return {status.value: sample(status, at) for status in RunStatus}


def half_done(at: datetime, count: int = 40) -> list[SampleRun]:
    """The runs of a batch in the middle of its work.

    Args:
        at: The moment at which they stand there.
        count: How many there are.

    Returns:
        The runs, in the order in which they were created.
    """
    created = at - timedelta(seconds=90)
    runs = [sample(_status_in_batch(number, count), at, number) for number in range(count)]
    return [
        run.model_copy(update={"created_at": created} | _times_in_batch(run, created, number))
        for number, run in enumerate(runs)
    ]


def _timed(run: SampleRun, at: datetime) -> SampleRun:
    times: dict[str, Any] = {"queued_at": run.created_at + timedelta(seconds=4)}
    if run.status is RunStatus.DELAYED:
        times = {"delayed_until": at + timedelta(minutes=5)}
    elif run.status is RunStatus.EXPIRED:
        times |= {"expired_at": at, "finished_at": at}
    if run.status not in NOT_STARTED:
        started = run.created_at + timedelta(seconds=14)
        times |= {"started_at": started, "duration_ms": 31_000}
        if run.status not in UNFINISHED:
            times |= _end(started, at - timedelta(seconds=12))
    return run.model_copy(update=times)


def _end(started: datetime, finished: datetime) -> dict[str, Any]:
    took = (finished - started) / timedelta(milliseconds=1)
    return {"finished_at": finished, "duration_ms": took}


def _film(script: Script) -> Film:
    return Film(
        url="https://example.com/low-tide.webm",
        frames=script.frames,
        megabytes=round(script.frames / 130, 1),
    )


def _status_in_batch(number: int, count: int) -> RunStatus:
    done = count * 3 // 5
    if number >= done + count // 10:
        return RunStatus.QUEUED
    if number >= done:
        return RunStatus.EXECUTING
    return {5: RunStatus.FAILED, 13: RunStatus.CANCELED}.get(number, RunStatus.COMPLETED)


def _times_in_batch(run: SampleRun, created: datetime, number: int) -> dict[str, Any]:
    """Four run at once, each for some ten seconds."""
    if run.status is RunStatus.QUEUED:
        return {"queued_at": created}
    started = created + timedelta(seconds=1 + number // 4 * 11 + number % 4)
    times: dict[str, Any] = {"queued_at": created, "started_at": started}
    if run.status in UNFINISHED:
        return times
    return times | _end(started, started + timedelta(seconds=7 + number * 7 % 4))
