"""Calls functions of the components' own JavaScript."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BUN = Path(sys.executable).parent / "bun"
SCRIPT = Path(__file__).parent / "js/call.js"
COMPONENTS = Path(__file__).parents[2] / "reflex_realtime/components"


def call(module: str, name: str, *arguments: Any) -> Any:
    """Call a function.

    Args:
        module: The module's file below `components/`.
        name: The function's name.
        *arguments: JSON values.

    Returns:
        What it returns, a JSON value.
    """
    done = subprocess.run(
        [BUN, SCRIPT, COMPONENTS / module, name],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
