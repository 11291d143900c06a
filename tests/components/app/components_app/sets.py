"""Sets of runs that pages show, made without a server."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from reflex_realtime.models import RealtimeRun, RunStatus

BEGAN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


class Output(BaseModel):
    lines: int = 0


Run = RealtimeRun[dict[str, Any], Output]


def run(number: int, status: RunStatus = RunStatus.COMPLETED, **fields: Any) -> Run:
    """The run of a number: created so many seconds after the first, executing two seconds later."""
    created = BEGAN + timedelta(seconds=number)
    times = {"created_at": created, "updated_at": created, "queued_at": created}
    if status is not RunStatus.QUEUED:
        times["started_at"] = created + timedelta(seconds=2)
    if status in (RunStatus.COMPLETED, RunStatus.FAILED):
        times["finished_at"] = created + timedelta(seconds=2 + number % 7)
    defaults = {
        "id": f"run_{number:03}",
        "task_identifier": f"task-{number % 3}",
        "status": status,
        "tags": [f"user:{number % 5}"],
        "output": Output(lines=number * 7 % 300),
    }
    return Run(**{**defaults, **times, **fields})


def runs(count: int) -> list[Run]:
    """A set of which every tenth failed and every hundredth is queued."""
    return [run(number, _status(number)) for number in range(count)]


def _status(number: int) -> RunStatus:
    if number % 100 == 5:
        return RunStatus.QUEUED
    return RunStatus.FAILED if number % 10 == 0 else RunStatus.COMPLETED
