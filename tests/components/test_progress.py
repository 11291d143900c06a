"""How full the bar of a run is, and what is said about it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reflex_realtime import components

BUN = Path(sys.executable).parent / "bun"
PROGRESS = Path(components.__file__).parent / "run" / "progress.js"

QUEUED = {"is_queued": True}
EXECUTING: dict[str, Any] = {"is_queued": False}
COMPLETED = {"is_success": True, "is_finished": True}
FAILED = {"is_failed": True, "is_finished": True}


def shown(run: Any, number: Any) -> list[Any]:
    """How full the bar is, and the text beside it."""
    arguments = f"{json.dumps(run)}, {json.dumps(number)}"
    script = (
        f"import {{ progressOf, percentOf }} from {json.dumps(str(PROGRESS))};"
        f"console.log(JSON.stringify([progressOf({arguments}), percentOf({arguments})]))"
    )
    done = subprocess.run([BUN, "-e", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("run", "number", "full", "text"),
    [
        pytest.param(None, None, 0, "", id="no-run"),
        pytest.param(QUEUED, None, 0, "", id="queued"),
        pytest.param(EXECUTING, None, None, "", id="unknown"),
        pytest.param(EXECUTING, "half", None, "", id="not-a-number"),
        pytest.param(EXECUTING, 0, 0, "0 %", id="nothing-done"),
        pytest.param(EXECUTING, 0.29, 29, "29 %", id="a-share"),
        pytest.param(EXECUTING, 73, 73, "73 %", id="a-percentage"),
        pytest.param(EXECUTING, 120, 100, "100 %", id="too-much"),
        pytest.param(EXECUTING, -1, 0, "0 %", id="too-little"),
        pytest.param(COMPLETED, 0.4, 100, "100 %", id="completed"),
        pytest.param(FAILED, 0.4, 40, "40 %", id="failed"),
        pytest.param(FAILED, None, 100, "", id="failed-and-unknown"),
    ],
)
def test_progress(run: Any, number: Any, full: float | None, text: str) -> None:
    assert shown(run, number) == [pytest.approx(full), text]
