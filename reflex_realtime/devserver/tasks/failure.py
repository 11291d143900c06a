"""What a run's `error` says about an exception."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

_OURS = str(Path(__file__).parent)


def error_from_exception(error: BaseException) -> dict[str, Any]:
    """Describe an exception, with a stack trace that begins in the task's own code.

    Args:
        error: The exception.

    Returns:
        The `error` of a row.
    """
    trace = traceback.TracebackException(
        type(error), error, _without_our_frames(error.__traceback__)
    )
    return {
        "type": "BUILT_IN_ERROR",
        "name": type(error).__name__,
        "message": str(error),
        "stackTrace": "".join(trace.format()).rstrip(),
    }


def timed_out_error(seconds: float) -> dict[str, Any]:
    """Describe an attempt that took too long."""
    return {
        "type": "INTERNAL_ERROR",
        "code": "MAX_DURATION_EXCEEDED",
        "message": f"Run exceeded its maximum duration (maxDuration) of {seconds:g} seconds",
    }


def _without_our_frames(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    return trace
